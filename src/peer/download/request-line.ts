/** Requests to one source: as many under way as it answers at a time, the others wait for their turn. */
export class RequestLine<Request> {
  readonly #send: (request: Request) => void
  readonly #sent = new Set<Request>()
  readonly #waiting = new Set<Request>()
  #most = 0

  constructor(send: (request: Request) => void) {
    this.#send = send
  }

  /** The source has said how many it answers at a time. Before that, none goes out. */
  open(most: number): void {
    this.#most = most
    this.#sendNext()
  }

  /** Asks, at once or when it is its turn. */
  ask(request: Request): void {
    this.#waiting.add(request)
    this.#sendNext()
  }

  /**
   * It was answered, or nobody wants it any more. What waits is sent behind what this call's caller sends before the
   * end of its turn, so that the source hears first of what was taken back.
   *
   * @returns whether the source has heard of it
   */
  settle(request: Request): boolean {
    const wasSent = this.#sent.delete(request)
    this.#waiting.delete(request)
    if (wasSent && this.#waiting.size > 0) queueMicrotask(() => this.#sendNext())
    return wasSent
  }

  #sendNext(): void {
    for (const request of this.#waiting) {
      if (this.#sent.size >= this.#most) return
      this.#waiting.delete(request)
      this.#sent.add(request)
      this.#send(request)
    }
  }
}
