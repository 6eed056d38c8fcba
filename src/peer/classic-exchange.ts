import { type ClassicAnswer, decodeReply } from '../classic/reply-codec.js'
import type { Clock, Timer } from '../clock.js'
import type { Request } from '../wire/messages.js'

// Each wait is twice the one before: some 4.6 s in all, in which half of all datagrams may be lost.
const MAX_SENDS = 5
const FIRST_WAIT = 150

/** An answer, and how often the question was sent until it came. */
export interface ExchangeResult {
  readonly answer: ClassicAnswer
  readonly sends: number
}

/** What {@link ClassicExchange} needs. */
export interface ExchangeOptions {
  readonly request: Request
  readonly clock: Clock
  readonly send: () => void
  /** Gives it up: `result` rejects with the reason. */
  readonly signal: AbortSignal
  /** Makes the error for a question that nobody answered. */
  readonly noAnswer: () => Error
}

/** One question, sent again until it is answered. */
export class ClassicExchange {
  readonly result: Promise<ExchangeResult>
  readonly #options: ExchangeOptions
  readonly #onAbort = (): void => this.#finish(() => this.#reject(this.#options.signal.reason))
  #resolve: (result: ExchangeResult) => void = () => {}
  #reject: (error: Error) => void = () => {}
  #sends = 0
  #timer: Timer | undefined

  constructor(options: ExchangeOptions) {
    this.#options = options
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    if (options.signal.aborted) {
      this.#onAbort()
    } else {
      options.signal.addEventListener('abort', this.#onAbort)
      this.#send()
    }
  }

  #send(): void {
    const { send, clock, noAnswer } = this.#options
    if (this.#sends === MAX_SENDS) {
      this.#finish(() => this.#reject(noAnswer()))
      return
    }
    send()
    this.#timer = clock.setTimeout(() => this.#send(), FIRST_WAIT * 2 ** this.#sends)
    this.#sends += 1
  }

  /** Takes a datagram of the index, which may be the answer. */
  receive(datagram: Buffer): void {
    const answer = decodeReply(this.#options.request, datagram)
    if (answer !== undefined) this.#finish(() => this.#resolve({ answer, sends: this.#sends }))
  }

  /** Ends it with an error. */
  fail(error: Error): void {
    this.#finish(() => this.#reject(error))
  }

  #finish(settle: () => void): void {
    this.#timer?.cancel()
    this.#options.signal.removeEventListener('abort', this.#onAbort)
    settle()
  }
}
