import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { IndexServer, type IndexServerOptions, MemoryStore, Peer, type PeerOptions } from '../../src/index.js'

/** The password of every account of a test network. */
export const PASSWORD = 'falcon*solo'

/** What a test network is to be. */
export interface NetworkOptions {
  /** Users whose peers are made and logged in. */
  readonly peers?: readonly string[]
  readonly index?: IndexServerOptions
  readonly peer?: Partial<PeerOptions>
}

/** A peer of a test network, with its folders. */
export interface TestPeer {
  readonly peer: Peer
  readonly username: string
  readonly shareDir: string
  readonly downloadDir: string
  readonly stateDir: string
  /** Puts a file into the share folder. */
  write(path: string, content: string | Uint8Array): Promise<void>
  /** Reads a file of the download folder. */
  read(path: string): Promise<Buffer>
}

/** A whole network in one call: an index and peers on loopback, in temporary folders, gone at the end of the block. */
export class TestNetwork implements AsyncDisposable {
  readonly folder: string
  readonly #options: NetworkOptions
  readonly #peers = new Set<Peer>()
  #index: IndexServer

  private constructor(folder: string, options: NetworkOptions) {
    this.folder = folder
    this.#options = options
    this.#index = this.#makeIndex(0)
  }

  /** Starts the index, and a peer for each user. */
  static async start(options: NetworkOptions = {}): Promise<TestNetwork> {
    const network = new TestNetwork(await mkdtemp(join(tmpdir(), 'bittrickle-')), options)
    await network.#index.listen()
    return network
  }

  get index(): IndexServer {
    return this.#index
  }

  #makeIndex(port: number): IndexServer {
    return new IndexServer({
      host: '127.0.0.1',
      port,
      classic: true,
      dataDir: join(this.folder, 'index'),
      store: new MemoryStore(),
      credentials: (_username, password) => password === PASSWORD,
      ...this.#options.index,
    })
  }

  /** Stops the index and starts another one on the same port, which knows its key, and nothing else of before
   * unless its store does. */
  async restartIndex(): Promise<void> {
    const { port } = this.#index.address
    await this.#index.close()
    await this.startIndex(port)
  }

  /** Starts another index, after the one that was there was closed. */
  async startIndex(port: number): Promise<void> {
    this.#index = this.#makeIndex(port)
    await this.#index.listen()
  }

  /** Makes a peer with folders of its own, which a second peer of the same user shares. It is not logged in yet. */
  async makePeer(username: string, options: Partial<PeerOptions> = {}): Promise<TestPeer> {
    const folderOf = (what: string): string => join(this.folder, username, what)
    const [shareDir, downloadDir, stateDir] = [folderOf('share'), folderOf('downloads'), folderOf('state')]
    await mkdir(shareDir, { recursive: true })
    const peer = new Peer({
      server: this.#index.uri,
      username,
      password: PASSWORD,
      shareDir,
      downloadDir,
      stateDir,
      ...this.#options.peer,
      ...options,
    })
    this.#peers.add(peer)
    return {
      peer,
      username,
      shareDir,
      downloadDir,
      stateDir,
      write: async (path, content) => {
        await mkdir(dirname(join(shareDir, path)), { recursive: true })
        await writeFile(join(shareDir, path), content)
      },
      read: (path) => readFile(join(downloadDir, path)),
    }
  }

  /** Makes a peer and logs it in. */
  async join(username: string, options: Partial<PeerOptions> = {}): Promise<TestPeer> {
    const made = await this.makePeer(username, options)
    await made.peer.login()
    return made
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#peers].map((peer) => peer.close()))
    await this.#index.close()
    await rm(this.folder, { recursive: true, force: true })
  }
}
