import type { EventEmitter } from 'eventemitter3'
import type { Address } from '../../src/channel/datagram-socket.js'
import { generateKeyPair, type KeyPair } from '../../src/channel/noise.js'
import { Connection } from '../../src/peer/connection.js'
import type { IndexAnswer } from '../../src/peer/index-client.js'
import { KnownServers } from '../../src/peer/known-servers.js'
import { SealedIndexClient } from '../../src/peer/sealed-index-client.js'
import type { ServerAddress } from '../../src/peer/server-address.js'
import type { Authenticate } from '../../src/server/accounts/accounts.js'
import type { CatalogueStore } from '../../src/server/catalogue/catalogue-store.js'
import { Entrances } from '../../src/server/entrances.js'
import type { IndexServerEvents } from '../../src/server/events.js'
import type { HandlerContext } from '../../src/server/handlers/context.js'
import type { IndexLimits } from '../../src/server/limits.js'
import type { Request } from '../../src/wire/messages.js'
import { makeContext, PASSWORDS } from '../server/index-harness.js'
import { type Faults, LossyNetwork, noFaults, SeededRandom } from './lossy-network.js'
import { ManualClock } from './manual-clock.js'
import { ReadyStore } from './ready-store.js'

/** Where the index of a {@link SealedNetwork} is, unless it has moved. */
export const INDEX: Address = { host: '10.0.0.1', port: 5331 }

/** How to make a peer of a {@link SealedNetwork}. */
export interface SealedPeerOptions {
  readonly password?: string
  /** Its address; it can be changed later, as when a laptop changes networks. */
  readonly from?: Address
  /** Peers of one device have one key; without a name each is a device of its own. */
  readonly device?: string
  readonly server?: Partial<ServerAddress>
  readonly knownServers?: KnownServers
}

/** A peer's session and what befell it. */
export interface SealedPeer {
  readonly connection: Connection
  readonly client: SealedIndexClient
  /** `online`, or the code of why it went offline, in order. */
  readonly story: string[]
  from: Address
  /** Asks the index, letting time pass until it answers. */
  ask<R extends Request>(request: R): Promise<IndexAnswer<R>['reply']>
}

/** An index and the sessions of any number of peers, on a network in memory and by the test's clock. */
export class SealedNetwork {
  readonly clock = new ManualClock()
  readonly random: SeededRandom
  readonly network: LossyNetwork
  readonly catalogue: CatalogueStore = new ReadyStore()
  keyPair: KeyPair
  /** Where DNS says that the index is. */
  index: Address = INDEX
  context!: HandlerContext
  events!: EventEmitter<IndexServerEvents>
  entrances!: Entrances
  readonly #authenticate: Authenticate | undefined
  readonly #limits: Partial<IndexLimits>
  readonly #devices = new Map<string, KeyPair>()
  #nextHost = 2

  constructor(
    options: {
      readonly seed?: number
      readonly faults?: Faults
      readonly limits?: Partial<IndexLimits>
      readonly authenticate?: Authenticate
    } = {},
  ) {
    const { seed = 1, faults = noFaults, limits = {} } = options
    this.random = new SeededRandom(seed)
    this.network = new LossyNetwork(this.clock, seed + 1, faults)
    this.keyPair = generateKeyPair(this.random)
    this.#limits = limits
    this.#authenticate = options.authenticate
    this.startIndex()
  }

  /** Starts an index that knows the catalogue and its key, and nothing else of before. */
  startIndex(): void {
    const { clock, catalogue } = this
    const { context, events } = makeContext({
      clock,
      catalogue,
      limits: this.#limits,
      ...(this.#authenticate === undefined ? {} : { authenticate: this.#authenticate }),
    })
    this.context = context
    this.events = events
    this.entrances = new Entrances(this.network.socket(this.index), {
      context,
      keyPair: this.keyPair,
      classic: undefined,
      random: this.random,
    })
  }

  peer(username: string, options: SealedPeerOptions = {}): SealedPeer {
    const { clock, random } = this
    const { device = `${username} ${this.#nextHost}`, password = PASSWORDS[username] ?? 'any' } = options
    const story: string[] = []
    const events = {
      onLost: (reason: Error): void => connection.lose(reason),
      onFound: (): void => connection.found(),
      onRevoked: (usernames: readonly string[]): void => {
        story.push(`revoked ${usernames.join(' ')}`)
      },
    }
    const client = new SealedIndexClient({
      server: { host: 'index.example', port: 5331, ...options.server },
      deviceKey: async () => this.#deviceKey(device),
      knownServers: options.knownServers ?? new KnownServers(),
      clock,
      events,
      random,
      resolve: async () => this.index,
      openSocket: async () => this.#socketOf(peer),
    })
    const connection: Connection = new Connection({
      client,
      clock,
      random: () => random.fraction(),
      loginRequest: async () => ({ type: 'login', username, password, tcpPort: 6000, versions: [1] }),
      onOnline: async () => {
        story.push('online')
      },
      onOffline: (reason) => story.push((reason as { code?: string }).code ?? reason.message),
      onReconnecting: () => {},
    })
    const peer: SealedPeer = {
      connection,
      client,
      story,
      from: options.from ?? { host: `10.0.1.${this.#nextHost++}`, port: 40_000 },
      ask: async (request) => (await this.until(connection.request(request))).reply,
    }
    return peer
  }

  #deviceKey(device: string): KeyPair {
    const key = this.#devices.get(device) ?? generateKeyPair(this.random)
    this.#devices.set(device, key)
    return key
  }

  // Bound to no address, as a real one is: it sends from where the peer is at the moment.
  #socketOf(peer: SealedPeer): ReturnType<LossyNetwork['socket']> {
    let handlers: Parameters<ReturnType<LossyNetwork['socket']>['receive']>[0] | undefined
    let at: Address | undefined
    const here = (): ReturnType<LossyNetwork['socket']> => {
      const socket = this.network.socket(peer.from)
      if (handlers !== undefined && at !== peer.from) {
        socket.receive(handlers)
        at = peer.from
      }
      return socket
    }
    return {
      get address() {
        return peer.from
      },
      receive: (given) => {
        handlers = given
      },
      send: (datagram, to) => here().send(datagram, to),
      close: () => here().close(),
    }
  }

  /** A peer that is logged in. */
  async join(username: string, options: SealedPeerOptions = {}): Promise<SealedPeer> {
    const peer = this.peer(username, options)
    await this.until(peer.connection.login())
    return peer
  }

  /** Lets time pass until the promise settles, and gives what it settles with. */
  async until<T>(promise: Promise<T>, limit = 120_000): Promise<T> {
    let settled = false
    const watched = promise.finally(() => {
      settled = true
    })
    watched.catch(() => {})
    for (let waited = 0; !settled && waited < limit; waited += 10) await this.clock.advance(10)
    if (!settled) throw new Error(`nothing happened in ${limit} ms`)
    return watched
  }

  /** Resolves when so much time has passed, which somebody else lets pass. */
  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.clock.setTimeout(resolve, ms))
  }

  /** Lets time pass until the condition holds. */
  async pass(holds: () => boolean, limit = 120_000): Promise<void> {
    for (let waited = 0; !holds(); waited += 50) {
      if (waited >= limit) throw new Error(`it does not hold after ${limit} ms`)
      await this.clock.advance(50)
    }
  }
}
