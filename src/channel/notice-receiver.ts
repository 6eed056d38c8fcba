import { NOTICE_WINDOW } from './protocol.js'

/** Puts notices in order and hands each over once. */
export class NoticeReceiver {
  readonly #deliver: (payload: Buffer) => void
  readonly #early = new Map<number, Buffer>()
  #next = 1

  constructor(deliver: (payload: Buffer) => void) {
    this.#deliver = deliver
  }

  /** A notice came; the id up to which everything was handed over, to acknowledge. */
  receive(id: number, payload: Buffer): number {
    if (id >= this.#next && id < this.#next + NOTICE_WINDOW) this.#early.set(id, payload)
    for (;;) {
      const notice = this.#early.get(this.#next)
      if (notice === undefined) return this.#next - 1
      this.#early.delete(this.#next++)
      this.#deliver(notice)
    }
  }
}
