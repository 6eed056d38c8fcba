/**
 * Every stable code that a {@link BitTrickleError} can carry. A code never changes its meaning between
 * releases; docs/errors.md has a heading for each, with what causes it and what to do.
 */
export type ErrorCode =
  // The caller's own mistake
  | 'INVALID_OPTION'
  | 'INVALID_NAME'
  | 'INVALID_STATE'
  | 'NOT_SUPPORTED'
  // Who may do what
  | 'AUTHENTICATION_FAILED'
  | 'ALREADY_ACTIVE'
  | 'NOT_LOGGED_IN'
  | 'FORBIDDEN'
  | 'RATE_LIMITED'
  | 'SERVER_KEY_CHANGED'
  | 'SESSION_REPLACED'
  // Names and files
  | 'NOT_FOUND'
  | 'NOT_PUBLISHED'
  | 'OWN_PUBLICATION'
  | 'OUTSIDE_SHARE'
  | 'TARGET_EXISTS'
  | 'TARGET_BUSY'
  | 'UNSAFE_TARGET'
  // Bounds
  | 'INDEX_FULL'
  | 'UPLOADS_FULL'
  | 'MESSAGE_TOO_LARGE'
  // The network and the other side
  | 'INDEX_UNREACHABLE'
  | 'INVALID_REPLY'
  | 'UNSUPPORTED_VERSION'
  | 'PROTOCOL_ERROR'
  | 'SOURCE_UNREACHABLE'
  | 'SOURCE_LOST'
  | 'CONTENT_MISMATCH'
  | 'ADDRESS_IN_USE'
  // The audit trail
  | 'AUDIT_BROKEN'
  | 'AUDIT_FOREIGN'
  // The machine
  | 'FILE_UNREADABLE'
  | 'FILE_CHANGED'
  | 'DISK_ERROR'
  | 'INVALID_CREDENTIALS_FILE'
  | 'STORE_UNAVAILABLE'
  | 'STORE_LOCKED'
  | 'STORE_FOREIGN'
  | 'STORE_NEWER'
  | 'STORE_DAMAGED'
  | 'ABORTED'
  | 'CLOSED'
  | 'INTERNAL'

/** What a {@link BitTrickleError} may carry besides its code and message. */
export interface BitTrickleErrorOptions {
  /**
   * Whether the same call may succeed when it is made again later, unchanged.
   * @defaultValue false
   */
  readonly retryable?: boolean
  /** How long to wait before that, in milliseconds, where the other side said so. */
  readonly retryAfter?: number
  /** The error underneath, where there is one. */
  readonly cause?: unknown
}

/**
 * The one error class of the SDK. Decide by `code`, show `message`: it says what happened and what to do.
 *
 * @example
 * ```ts
 * try {
 *   await peer.login()
 * } catch (error) {
 *   if (error instanceof BitTrickleError && error.code === 'ALREADY_ACTIVE') console.error(error.message)
 *   else throw error
 * }
 * ```
 */
export class BitTrickleError extends Error {
  /** Always the same: tell errors apart by `code`. */
  override readonly name = 'BitTrickleError'
  /** The stable code. */
  readonly code: ErrorCode
  /** Whether the same call may succeed later. */
  readonly retryable: boolean
  /** Milliseconds to wait before trying again, where the other side said so. */
  readonly retryAfter?: number

  /**
   * @param code - the stable code
   * @param message - a sentence that says what happened and what to do
   * @param options - see {@link BitTrickleErrorOptions}
   */
  constructor(code: ErrorCode, message: string, options: BitTrickleErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.retryable = options.retryable ?? false
    if (options.retryAfter !== undefined) this.retryAfter = options.retryAfter
  }
}

/** The code of a Node.js system error ("ENOENT"), or undefined for anything else. */
export function systemErrorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || error instanceof BitTrickleError) return undefined
  const code = (error as NodeJS.ErrnoException).code
  return typeof code === 'string' ? code : undefined
}
