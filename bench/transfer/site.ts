import { createCipheriv, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { mkdir, open, readFile, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { Child } from '../lib/child.js'
import type { IndexAnswer, IndexOrder, PeerAnswer, PeerOrder } from './orders.js'

/** One MiB. */
export const MIB = 1_048_576

/** How a peer is started. */
export type PeerSettings = Omit<Extract<PeerOrder, { do: 'log in' }>, 'do' | 'server' | 'username'>

/** A peer in a process of its own. */
export type PeerProcess = Child<PeerOrder, PeerAnswer>

/** Where a bench takes place: a folder, gone in the end, and an index. */
export class Site implements AsyncDisposable {
  readonly folder: string
  readonly #uri: string
  readonly #processes: AsyncDisposable[]
  readonly #onExit = (): void => rmSync(this.folder, { recursive: true, force: true })
  #users = 0

  private constructor(folder: string, index: Child<IndexOrder, IndexAnswer>, uri: string) {
    this.folder = folder
    this.#processes = [index]
    this.#uri = uri
    process.on('exit', this.#onExit)
  }

  /** @param parent - where the folder is made: memory rather than a disk, so that what is measured is not the disk */
  static async make(parent: string): Promise<Site> {
    const folder = mkdtempSync(join(parent, 'bittrickle-bench-'))
    const index = new Child<IndexOrder, IndexAnswer>(new URL('index-server.js', import.meta.url))
    const { uri } = await index.ask({ do: 'start' })
    return new Site(folder, index, uri)
  }

  path(...parts: string[]): string {
    return join(this.folder, ...parts)
  }

  /** Makes an empty folder. */
  async empty(name: string): Promise<string> {
    rmSync(this.path(name), { recursive: true, force: true })
    await mkdir(this.path(name), { recursive: true })
    return this.path(name)
  }

  /** Starts a peer, with a user of its own. It ends with the site, unless somebody ends it before. */
  async peer(settings: PeerSettings): Promise<PeerProcess> {
    const peer: PeerProcess = new Child(new URL('peer.js', import.meta.url))
    this.#processes.push(peer)
    await peer.ask({ do: 'log in', server: this.#uri, username: `user${this.#users++}`, ...settings })
    return peer
  }

  /** How many bytes may be written here, in memory too if the folder is there. */
  async room(): Promise<number> {
    const { bavail, bsize } = await statfs(this.folder)
    const memory = await readFile('/proc/meminfo', 'utf8')
    const available = Number(/MemAvailable:\s+(\d+) kB/.exec(memory)?.[1]) * 1024
    return Math.min(bavail * bsize, available)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#processes.map((child) => child[Symbol.asyncDispose]()))
    this.#onExit()
    process.off('exit', this.#onExit)
  }
}

/** Writes a file of random bytes. */
export async function writeRandom(path: string, bytes: number): Promise<void> {
  const stream = createCipheriv('aes-128-ctr', randomBytes(16), randomBytes(16))
  const zeros = Buffer.alloc(MIB)
  await using file = await open(path, 'w')
  for (let left = bytes; left > 0; left -= MIB) {
    await file.write(stream.update(zeros.subarray(0, Math.min(left, MIB))))
  }
}

/** Writes a file that holds nothing and takes no room. */
export async function writeSparse(path: string, bytes: number): Promise<void> {
  await using file = await open(path, 'w')
  await file.truncate(bytes)
}
