import { BitTrickleError } from '../errors.js'
import { MAX_QUEUED_NOTICES } from './limits.js'
import { MAX_PAYLOAD_BYTES, NOTICE_WINDOW } from './protocol.js'
import type { RetransmissionTimes } from './retransmission.js'

interface Notice {
  readonly payload: Uint8Array
  readonly resolve: () => void
  readonly reject: (error: BitTrickleError) => void
  tries: number
  sentAt: number
  dueAt: number
}

/** Sends notices until each is acknowledged, in order, a window at a time. */
export class NoticeSender {
  readonly #times: RetransmissionTimes
  readonly #transmit: (id: number, payload: Uint8Array) => void
  readonly #queue: Notice[] = []
  /** The id of the first in the queue. */
  #first = 1

  constructor(times: RetransmissionTimes, transmit: (id: number, payload: Uint8Array) => void) {
    this.#times = times
    this.#transmit = transmit
  }

  /** Whether anything waits for an acknowledgement. */
  get waiting(): boolean {
    return this.#queue.length > 0
  }

  /**
   * Queues a notice; resolves when the other end has it.
   *
   * @throws {@link BitTrickleError} (rejects) `MESSAGE_TOO_LARGE`, `RATE_LIMITED` when too many wait, or whatever
   * the channel ends with
   */
  send(payload: Uint8Array, now: number): Promise<void> {
    if (payload.length > MAX_PAYLOAD_BYTES) return Promise.reject(tooLarge(payload.length))
    if (this.#queue.length >= MAX_QUEUED_NOTICES) {
      const message = `${MAX_QUEUED_NOTICES} notices wait for the peer already; try again later.`
      return Promise.reject(new BitTrickleError('RATE_LIMITED', message, { retryable: true }))
    }
    return new Promise((resolve, reject) => {
      this.#queue.push({ payload, resolve, reject, tries: 0, sentAt: 0, dueAt: 0 })
      this.tick(now)
    })
  }

  /** Everything up to this id has arrived. */
  acknowledge(id: number, now: number): void {
    while (this.#first <= id) {
      const notice = this.#queue[0]
      // An id that was never sent is none of ours.
      if (notice === undefined || notice.tries === 0) break
      if (notice.tries === 1) this.#times.sample(now - notice.sentAt)
      this.#queue.shift()
      this.#first++
      notice.resolve()
    }
    this.tick(now)
  }

  /** Sends what is due. */
  tick(now: number): void {
    const end = Math.min(this.#queue.length, NOTICE_WINDOW)
    for (let at = 0; at < end; at++) {
      const notice = this.#queue[at]
      if (notice === undefined || notice.dueAt > now) continue
      notice.tries++
      notice.sentAt = now
      notice.dueAt = now + this.#times.wait(notice.tries)
      this.#transmit(this.#first + at, notice.payload)
    }
  }

  /** Nothing will arrive any more. */
  fail(error: BitTrickleError): void {
    for (const notice of this.#queue.splice(0)) notice.reject(error)
  }
}

/** The error for what does not fit a datagram. */
export function tooLarge(bytes: number): BitTrickleError {
  return new BitTrickleError(
    'MESSAGE_TOO_LARGE',
    `A message of ${bytes} bytes does not fit a datagram: ${MAX_PAYLOAD_BYTES} do. Send it in pages.`,
  )
}
