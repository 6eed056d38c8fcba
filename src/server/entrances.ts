import type { Address, DatagramSocket } from '../channel/datagram-socket.js'
import type { KeyPair } from '../channel/noise.js'
import { type RandomSource, systemRandom } from '../channel/random.js'
import { ClassicEntry } from './classic-entry.js'
import type { HandlerContext } from './handlers/context.js'
import { SealedEntry } from './sealed-entry.js'

// What is loaded with it, in one file: each more costs every start of a peer, too.
export { LoginThrottle } from './login-throttle.js'

/** What {@link Entrances} need. */
export interface EntrancesOptions {
  readonly context: HandlerContext
  readonly keyPair: KeyPair
  /** How classic is spoken; not at all where this is absent. */
  readonly classic: { readonly allowRemote: boolean } | undefined
  /** Replaced in tests. */
  readonly random?: RandomSource
}

/** The ways in, over one socket: sealed for all, and classic where it is on. */
export class Entrances {
  readonly #socket: DatagramSocket
  readonly #sealed: SealedEntry
  readonly #classic: ClassicEntry | undefined
  #isDraining = false

  constructor(
    socket: DatagramSocket,
    { context, keyPair, classic, random = systemRandom }: EntrancesOptions,
  ) {
    const { logger, emit, tally } = context
    const send = (datagram: Uint8Array, to: Address): void => {
      tally.sent(datagram.length)
      socket.send(datagram, to)
    }
    this.#socket = socket
    this.#sealed = new SealedEntry({ context, keyPair, send, random })
    this.#classic = classic && new ClassicEntry({ context, send, ...classic })
    socket.receive({
      message: (datagram, from) => {
        tally.received(datagram.length)
        if (this.#isDraining) return
        if (!this.#sealed.handle(datagram, from)) this.#classic?.handle(datagram, from)
      },
      error: (cause) => {
        logger.error('socket failed', { cause: String(cause) })
        emit('warning', { message: 'The UDP socket of the index reported a failure.', cause })
      },
    })
  }

  /** The UDP address where all of them are. */
  get address(): Address {
    return this.#socket.address
  }

  /** How many sealed channels are open. */
  get channels(): number {
    return this.#sealed.size
  }

  /** Takes nothing more, as if the network had lost it: a peer asks again, and finds the next index. */
  drain(): void {
    this.#isDraining = true
  }

  /** Shuts them all. */
  async close(): Promise<void> {
    this.#sealed.close()
    await this.#socket.close()
  }
}
