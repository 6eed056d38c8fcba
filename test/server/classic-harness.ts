import type { EventEmitter } from 'eventemitter3'
import type { Address } from '../../src/channel/datagram-socket.js'
import type { CatalogueStore } from '../../src/server/catalogue/catalogue-store.js'
import { ClassicEntry } from '../../src/server/classic-entry.js'
import type { IndexServerEvents } from '../../src/server/events.js'
import type { HandlerContext } from '../../src/server/handlers/context.js'
import type { IndexLimits } from '../../src/server/limits.js'
import { ManualClock, settle } from '../helpers/manual-clock.js'
import { makeContext, PASSWORDS } from './index-harness.js'

/** The classic way into the index with no socket and a clock of its own: datagrams in, datagrams out. */
export class ClassicHarness {
  readonly clock = new ManualClock()
  readonly events: EventEmitter<IndexServerEvents>
  readonly catalogue: CatalogueStore
  readonly context: HandlerContext
  readonly #entry: ClassicEntry
  #sent: { text: string; to: Address }[] = []

  constructor({
    limits = {},
    allowRemote = false,
  }: { limits?: Partial<IndexLimits>; allowRemote?: boolean } = {}) {
    const { context, events } = makeContext({ clock: this.clock, limits })
    this.context = context
    this.events = events
    this.catalogue = context.catalogue
    this.#entry = new ClassicEntry({
      context,
      allowRemote,
      send: (datagram, to) => this.#sent.push({ text: Buffer.from(datagram).toString(), to }),
    })
  }

  /** Sends a datagram and returns the answer; undefined when there is none. */
  async send(datagram: string | Buffer, from: number | Address): Promise<string | undefined> {
    const address = typeof from === 'number' ? { host: '127.0.0.1', port: from } : from
    this.#sent = []
    this.#entry.handle(Buffer.from(datagram), address)
    await settle()
    const sent = this.#sent
    if (sent.length > 1) throw new Error(`${sent.length} answers to one datagram`)
    if (sent[0] !== undefined && sent[0].to !== address) throw new Error('answered to another address')
    return sent[0]?.text
  }

  /** Logs a user in, from a UDP port of its own and with a TCP port one higher. */
  async login(username: string, from: number): Promise<void> {
    const answer = await this.send(`login ${username} ${PASSWORDS[username]} ${from + 1}`, from)
    if (answer !== 'Welcome to BitTrickle!') throw new Error(`login: ${answer}`)
  }

  /** Hands a datagram in without waiting for the answer. */
  push(datagram: string, port: number): void {
    this.#entry.handle(Buffer.from(datagram), { host: '127.0.0.1', port })
  }
}
