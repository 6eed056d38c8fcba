import { BitTrickleError } from '../errors.js'

/** Bounds of an index: what one that many peers, friendly or not, talk to may come to hold. */
export interface IndexLimits {
  /**
   * Sessions at a time.
   * @defaultValue 20000
   */
  readonly sessions: number
  /**
   * Sealed channels at a time, logged in or not. One of a peer that vanished is kept for two minutes.
   * @defaultValue 40000
   */
  readonly channels: number
  /**
   * Handshakes a second of one address; five seconds' worth may come at once, since a whole class-room or lab may
   * stand behind one address.
   * @defaultValue 20
   */
  readonly handshakesPerSecond: number
  /**
   * Publications of all users together.
   * @defaultValue 2000000
   */
  readonly publications: number
  /**
   * Publications of one user: a single account cannot fill the catalogue.
   * @defaultValue 200000
   */
  readonly publicationsPerUser: number
  /**
   * Classic requests whose answer is still being worked out, of all peers together. One that comes on top is dropped
   * as if the network had lost it; the peer asks again. Sealed ones are bounded channel by channel.
   * @defaultValue 1024
   */
  readonly pendingRequests: number
  /**
   * Requests a second of one peer; four seconds' worth may come at once.
   * @defaultValue 1000
   */
  readonly requestsPerSecond: number
  /**
   * Sources named in one answer.
   * @defaultValue 16
   */
  readonly sources: number
}

const DEFAULTS: IndexLimits = {
  sessions: 20_000,
  channels: 40_000,
  handshakesPerSecond: 20,
  publications: 2_000_000,
  publicationsPerUser: 200_000,
  pendingRequests: 1024,
  requestsPerSecond: 1000,
  sources: 16,
}

/** Fills in the defaults. */
export function resolveLimits(limits: Partial<IndexLimits> = {}): IndexLimits {
  for (const [name, value] of Object.entries(limits)) {
    if (!(name in DEFAULTS)) {
      throw new BitTrickleError('INVALID_OPTION', `limits.${name} is not a limit of IndexServer.`)
    }
    if (value !== undefined && (!Number.isSafeInteger(value) || value < 1)) {
      throw new BitTrickleError(
        'INVALID_OPTION',
        `limits.${name} must be a whole number of at least 1; received ${value}.`,
      )
    }
  }
  return { ...DEFAULTS, ...limits }
}
