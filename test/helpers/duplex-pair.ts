import { Duplex } from 'node:stream'

/** One end of a connection in memory. What is written waits until the other end has room for it. */
class End extends Duplex {
  other: End | undefined
  #waiting: ((error?: Error) => void) | undefined

  override _read(): void {
    const taken = this.#waiting
    this.#waiting = undefined
    taken?.()
  }

  override _write(chunk: Buffer, _encoding: string, callback: (error?: Error) => void): void {
    const other = this.other
    // The sender may write its buffer over as soon as it is called back.
    if (other === undefined || other.destroyed) callback(new Error('EPIPE'))
    else if (other.push(Buffer.from(chunk))) process.nextTick(callback)
    else other.#waiting = callback
  }

  override _final(callback: () => void): void {
    this.other?.push(null)
    callback()
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    this.#waiting?.(new Error('EPIPE'))
    this.#waiting = undefined
    const { other } = this
    if (other !== undefined && !other.destroyed && !this.writableFinished) other.push(null)
    callback(error)
  }
}

/** Two ends of a connection, without a network. */
export function makeDuplexPair(): [Duplex, Duplex] {
  const one = new End()
  const other = new End()
  one.other = other
  other.other = one
  return [one, other]
}
