import { timingSafeEqual } from 'node:crypto'
import { decodeIndexed } from './datagrams.js'
import type { TransportKeys } from './transport-keys.js'

/** A peer's keys for its channel: the present ones, and those before while datagrams under them may arrive. */
export class ClientKeys {
  #current: TransportKeys | undefined
  #old: TransportKeys | undefined
  #resetToken: Buffer | undefined

  /** What is sealed is sealed with these. */
  get current(): TransportKeys | undefined {
    return this.#current
  }

  byIndex(index: number): TransportKeys | undefined {
    if (this.#current?.localIndex === index) return this.#current
    return this.#old?.localIndex === index ? this.#old : undefined
  }

  /** New keys, for the same channel or another, and the token by which the index can disown them. */
  install(keys: TransportKeys, resetToken: Buffer, resumed: boolean): void {
    this.#old?.destroy()
    if (!resumed) this.#current?.destroy()
    this.#old = resumed ? this.#current : undefined
    this.#current = keys
    this.#resetToken = Buffer.from(resetToken)
  }

  /** Whether this reset shows that the index has lost the channel. */
  areReset(datagram: Buffer): boolean {
    const reset = decodeIndexed(datagram)
    const token = this.#resetToken
    if (reset === undefined || reset.receiver !== this.#current?.remoteIndex) return false
    return token?.length === reset.body.length && timingSafeEqual(reset.body, token)
  }

  drop(): void {
    this.#current?.destroy()
    this.#old?.destroy()
    this.#current = undefined
    this.#old = undefined
    this.#resetToken = undefined
  }
}
