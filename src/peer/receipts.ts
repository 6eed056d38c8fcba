import { MAX_PAYLOAD_BYTES } from '../channel/protocol.js'
import { type RandomSource, systemRandom } from '../channel/random.js'
import type { Clock, Timer } from '../clock.js'
import { BitTrickleError } from '../errors.js'
import { jsonBytes } from '../wire/json-bytes.js'
import { MAX_RECEIPTS } from '../wire/limits.js'
import type { ReceiptRequest } from '../wire/messages.js'
import { wait } from './wait.js'

/** How a transfer with one user has ended. */
export interface Receipt {
  readonly way: ReceiptRequest['way']
  /** The user at the other end. */
  readonly peer: string
  /** Base64url. */
  readonly root: string
  readonly bytes: number
  readonly ms: number
  /** `failed` with why; `aborted`: one of the two wanted no more. */
  readonly outcome: 'done' | 'aborted' | { readonly failed: string }
}

/** What {@link Receipts} need. */
export interface ReceiptsOptions {
  readonly clock: Clock
  readonly send: (request: ReceiptRequest) => Promise<unknown>
  /** Replaced in tests. */
  readonly random?: RandomSource
}

/** Receipts that wait for the index to be there: those of a few folders, some 2 MB. What comes on top is counted. */
export const MAX_KEPT_RECEIPTS = 8_192
/** Transfers that end within this are told together. */
export const GATHER_MS = 1_000
/** What a peer that closes gives its last receipts: no more of the user's time than logging out. */
export const CLOSE_MS = 1_000
// When the index is there and would rather be asked later, and does not say when.
const RETRY_MS = 2_000

/**
 * Tells the index how transfers have ended, where it wants to know: many in one message, one message after the other,
 * each until it is answered. It is done as well as can be, and no transfer waits for it.
 */
export class Receipts {
  readonly #options: ReceiptsOptions
  readonly #random: RandomSource
  #waiting: Receipt[] = []
  #lost = 0
  /** Unknown before the first login. */
  #isWanted: boolean | undefined
  #isOnline = false
  /** The index wants to be left alone for a while. */
  #isHeld = false
  #isClosing = false
  #timer: Timer | undefined
  #sending: Promise<void> | undefined
  // The one that was not answered yet, which may have been taken: it is repeated as it is.
  #message: { readonly request: ReceiptRequest; readonly told: ReadonlySet<Receipt> } | undefined

  constructor(options: ReceiptsOptions) {
    this.#options = options
    this.#random = options.random ?? systemRandom
  }

  /** A transfer has ended. */
  add(receipt: Receipt): void {
    if (this.#isWanted === false) return
    if (this.#waiting.length < MAX_KEPT_RECEIPTS) this.#waiting.push(receipt)
    else this.#lost++
    if (this.#isClosing) return
    this.#sendSoon(GATHER_MS)
    if (this.#isOnline && !this.#isHeld && this.#waiting.length >= MAX_RECEIPTS) this.#start('full')
  }

  /** The index is there. @param isWanted - whether it asks for receipts */
  online(isWanted: boolean): void {
    this.#isOnline = true
    this.#isWanted = isWanted
    if (!isWanted) this.#forget()
    else if (this.#waiting.length > 0) this.#start('all')
  }

  /** The index is away. */
  offline(): void {
    this.#isOnline = false
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #forget(): void {
    this.#waiting = []
    this.#lost = 0
    this.#message = undefined
  }

  #sendSoon(delay: number): void {
    if (!this.#isOnline || this.#sending !== undefined) return
    this.#timer ??= this.#options.clock.setTimeout(() => this.#start('all'), delay)
  }

  /** @param what - messages that are full, or all that waits now */
  #start(what: 'all' | 'full'): void {
    if (this.#sending !== undefined) return
    this.#timer?.cancel()
    this.#timer = undefined
    this.#isHeld = false
    this.#sending = this.#run(what).then((delay) => {
      this.#sending = undefined
      if (delay !== undefined && !this.#isClosing) this.#sendSoon(delay)
    })
  }

  /** Sends what is to be sent. @returns after how long to go on, when that is not to be waited for */
  async #run(what: 'all' | 'full'): Promise<number | undefined> {
    // What ends in one turn goes out together.
    await undefined
    // What ends from here on waits for company again.
    let due = what === 'all' ? this.#waiting.length : 0
    while (this.#isOnline && this.#waiting.length > 0) {
      if (due <= 0 && this.#waiting.length < MAX_RECEIPTS && !this.#isClosing) return GATHER_MS
      this.#message ??= this.#compose()
      const { request, told } = this.#message
      due -= told.size
      try {
        await this.#options.send(request)
      } catch (error) {
        const delay = this.#afterRefusal(error)
        if (delay !== undefined) return delay
        continue
      }
      this.#settle(told)
    }
    return undefined
  }

  #settle(told: ReadonlySet<Receipt>): void {
    this.#message = undefined
    this.#waiting = this.#waiting.filter((receipt) => !told.has(receipt))
  }

  /** @returns after how long to try again; undefined when that is at once, or not at all */
  #afterRefusal(error: unknown): number | undefined {
    const { code, retryAfter } =
      error instanceof BitTrickleError ? error : { code: 'INTERNAL', retryAfter: undefined }
    switch (code) {
      case 'RATE_LIMITED':
      case 'INTERNAL':
        this.#isHeld = true
        return Math.max(retryAfter ?? RETRY_MS, 1)
      case 'INVALID_OPTION': {
        // It will not be taken the next time either; the others may.
        const { told, request } = this.#message ?? { told: new Set<Receipt>(), request: { lost: 0 } }
        this.#lost += told.size + (request.lost ?? 0)
        this.#settle(told)
        return undefined
      }
      case 'NOT_SUPPORTED':
        this.#isWanted = false
        this.#forget()
        return undefined
      default:
        // The index is away, or has ended the session; online() goes on.
        this.#isOnline = false
        return undefined
    }
  }

  /** The next message: what is told of the first that waits, and of those of the same user and way, as far as it fits. */
  #compose(): { readonly request: ReceiptRequest; readonly told: ReadonlySet<Receipt> } {
    const [{ way, peer } = none] = this.#waiting
    const id = this.#random.bytes(8).toString('base64url')
    const lost = this.#lost > 0 ? { lost: this.#lost } : {}
    const empty: ReceiptRequest = { type: 'receipt', id, way, peer, receipts: [], ...lost }
    const receipts: ReceiptRequest['receipts'][number][] = []
    const told = new Set<Receipt>()
    let room = MAX_PAYLOAD_BYTES - jsonBytes(empty)
    for (const receipt of this.#waiting) {
      if (receipt.way !== way || receipt.peer !== peer) continue
      const item = toWire(receipt)
      room -= jsonBytes(item) + 1
      if (room < 0 || told.size === MAX_RECEIPTS) break
      receipts.push(item)
      told.add(receipt)
    }
    this.#lost = 0
    return { request: { ...empty, receipts }, told }
  }

  /** Sends what is there, unless that takes too long, and takes nothing more. */
  async close(): Promise<void> {
    this.#isClosing = true
    this.#timer?.cancel()
    const tooLong = new AbortController()
    const patience = wait(this.#options.clock, CLOSE_MS, tooLong.signal).catch(() => {})
    // What was cut just now is told within this turn.
    await new Promise((resolve) => setImmediate(resolve))
    this.#start('all')
    await Promise.race([this.#sending, patience])
    tooLong.abort()
    this.#isWanted = false
    this.#isOnline = false
  }
}

const none: Pick<Receipt, 'way' | 'peer'> = { way: 'received', peer: '' }

function toWire({ root, bytes, ms, outcome }: Receipt): ReceiptRequest['receipts'][number] {
  const common = { root, bytes, ms: Math.round(ms) }
  if (outcome === 'done') return common
  if (outcome === 'aborted') return { ...common, outcome }
  return { ...common, outcome: 'failed', code: outcome.failed }
}

/** Why a transfer ended, as a receipt says it. */
export function outcomeOf(error: BitTrickleError): Receipt['outcome'] {
  // Somebody here wanted no more.
  return error.code === 'ABORTED' || error.code === 'CLOSED' ? 'aborted' : { failed: error.code }
}
