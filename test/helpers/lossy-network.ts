import {
  type Address,
  type DatagramHandlers,
  type DatagramSocket,
  formatAddress,
} from '../../src/channel/datagram-socket.js'
import type { RandomSource } from '../../src/channel/random.js'
import type { Clock } from '../../src/clock.js'

/** A small generator that gives the same numbers for the same seed (mulberry32). */
export class SeededRandom implements RandomSource {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  fraction(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = this.#state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => Math.floor(this.fraction() * 256)))
  }

  /** A whole number from 0 to below the bound. */
  below(bound: number): number {
    return Math.floor(this.fraction() * bound)
  }
}

/** Shares of the datagrams, 0 to 1, that meet each fate. */
export interface Faults {
  readonly drop: number
  readonly duplicate: number
  /** Held back, so that later ones overtake them. */
  readonly reorder: number
  /** Slow, but not held back as long. */
  readonly delay: number
}

export const noFaults: Faults = { drop: 0, duplicate: 0, reorder: 0, delay: 0 }

const NORMAL_MS = 1
const SLOW_MS = 40
const HELD_MS = 120

/** A datagram on its way. */
export interface Passing {
  readonly datagram: Buffer
  readonly from: Address
  readonly to: Address
}

/** UDP in memory, by the test's clock: as faithless as it is told to be, and the same each time. */
export class LossyNetwork {
  faults: Faults = noFaults
  /** Sees each datagram as it is sent; one for which it returns false is lost. */
  tap: (passing: Passing) => boolean = () => true
  readonly #clock: Clock
  readonly #random: SeededRandom
  readonly #sockets = new Map<string, DatagramHandlers>()

  constructor(clock: Clock, seed: number, faults: Faults = noFaults) {
    this.#clock = clock
    this.#random = new SeededRandom(seed)
    this.faults = faults
  }

  /** A socket at this address; a host may open as many as it likes. */
  socket(address: Address): DatagramSocket {
    const key = formatAddress(address)
    return {
      address,
      receive: (handlers) => this.#sockets.set(key, handlers),
      send: (datagram, to) => this.#send({ datagram: Buffer.from(datagram), from: address, to }),
      close: async () => {
        this.#sockets.delete(key)
      },
    }
  }

  /** Delivers a datagram at once and for certain, wherever it claims to come from. */
  inject({ datagram, from, to }: Passing): void {
    this.#sockets.get(formatAddress(to))?.message(Buffer.from(datagram), from)
  }

  #send(passing: Passing): void {
    if (!this.tap(passing) || this.#random.fraction() < this.faults.drop) return
    this.#deliverLater(passing)
    if (this.#random.fraction() < this.faults.duplicate) this.#deliverLater(passing)
  }

  #deliverLater(passing: Passing): void {
    let delay = NORMAL_MS
    if (this.#random.fraction() < this.faults.delay) delay += this.#random.fraction() * SLOW_MS
    if (this.#random.fraction() < this.faults.reorder) delay += this.#random.fraction() * HELD_MS
    this.#clock.setTimeout(() => this.inject(passing), delay)
  }
}
