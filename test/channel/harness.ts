import { ChannelClient } from '../../src/channel/channel-client.js'
import { ChannelServer } from '../../src/channel/channel-server.js'
import type { ChannelClientOptions, ClientState, StateDetail } from '../../src/channel/client-options.js'
import type { Address, DatagramSocket } from '../../src/channel/datagram-socket.js'
import { generateKeyPair, type KeyPair } from '../../src/channel/noise.js'
import type { ServerChannel } from '../../src/channel/server-channel.js'
import type { ChannelServerOptions } from '../../src/channel/server-options.js'
import { type Faults, LossyNetwork, noFaults, SeededRandom } from '../helpers/lossy-network.js'
import { ManualClock } from '../helpers/manual-clock.js'

export const SERVER: Address = { host: '10.0.0.1', port: 5331 }
export const PEER: Address = { host: '10.0.0.2', port: 40000 }

export interface TestPeer {
  readonly client: ChannelClient
  readonly socket: DatagramSocket
  readonly notices: string[]
  readonly states: { state: ClientState; detail: StateDetail }[]
}

/** An index and any number of peers on one network in memory. */
export class Harness {
  readonly clock: ManualClock = new ManualClock()
  readonly random: SeededRandom
  readonly network: LossyNetwork
  readonly serverKey: KeyPair
  readonly opened: ServerChannel<string>[] = []
  readonly closed: string[] = []
  readonly limited: Address[] = []
  readonly errors: unknown[] = []
  readonly requests: string[] = []
  server: ChannelServer<string>
  readonly #serverOptions: Partial<ChannelServerOptions<string>>

  constructor(
    settings: { seed?: number; faults?: Faults; server?: Partial<ChannelServerOptions<string>> } = {},
  ) {
    const { seed = 1, faults = noFaults, server = {} } = settings
    this.random = new SeededRandom(seed)
    this.network = new LossyNetwork(this.clock, seed + 1, faults)
    this.serverKey = generateKeyPair(this.random)
    this.#serverOptions = server
    this.server = this.startServer()
  }

  startServer(): ChannelServer<string> {
    const socket = this.network.socket(SERVER)
    const server = new ChannelServer<string>({
      keyPair: this.serverKey,
      send: (datagram, to) => socket.send(datagram, to),
      onRequest: (_channel, request) => {
        this.requests.push(request.toString())
        return Buffer.from(`re ${request}`)
      },
      onOpen: (channel) => this.opened.push(channel),
      onClose: (_channel, end) => this.closed.push(end),
      onLimited: (address) => this.limited.push(address),
      onError: (error) => this.errors.push(error),
      clock: this.clock,
      random: this.random,
      ...this.#serverOptions,
    })
    socket.receive({ message: (datagram, from) => void server.handle(datagram, from), error: () => {} })
    this.server = server
    return server
  }

  peer(address: Address = PEER, options: Partial<ChannelClientOptions> = {}): TestPeer {
    const socket = this.network.socket(address)
    const notices: string[] = []
    const states: TestPeer['states'] = []
    const client = new ChannelClient({
      keyPair: generateKeyPair(this.random),
      server: SERVER,
      send: (datagram, to) => socket.send(datagram, to),
      onNotice: (notice) => notices.push(notice.toString()),
      onState: (state, detail) => states.push({ state, detail }),
      clock: this.clock,
      random: this.random,
      ...options,
    })
    socket.receive({ message: (datagram, from) => client.handle(datagram, from), error: () => {} })
    return { client, socket, notices, states }
  }

  /** A peer whose channel is open. */
  async connected(address: Address = PEER, options: Partial<ChannelClientOptions> = {}): Promise<TestPeer> {
    const peer = this.peer(address, options)
    await this.until(peer.client.connect())
    return peer
  }

  /** Lets time pass until the promise settles, and gives what it settles with. */
  async until<T>(promise: Promise<T>, limit = 60_000): Promise<T> {
    let settled = false
    const watched = promise.finally(() => {
      settled = true
    })
    watched.catch(() => {})
    for (let waited = 0; !settled && waited < limit; waited += 10) await this.clock.advance(10)
    if (!settled) throw new Error(`nothing happened in ${limit} ms`)
    return watched
  }
}

/** The error that a promise rejects with. */
export async function failure(
  promise: Promise<unknown>,
): Promise<Error & { code?: string; retryable?: boolean }> {
  return promise.then(
    () => {
      throw new Error('it did not fail')
    },
    (error: Error) => error,
  )
}
