import { setImmediate as turn } from 'node:timers/promises'
import { BitTrickleError } from '../../errors.js'
import type { CommitEvent } from '../events.js'
import type { CatalogueEntry } from './catalogue-store.js'
import { assertKeepable } from './keepable.js'
import { ModelStore, makeModel, notOpen } from './model-store.js'
import { NONE } from './none.js'
import type { Publications } from './publications.js'
import { type Change, SqliteThread, type SqliteThreadOptions } from './sqlite-thread.js'
import { Call, type Write } from './write-call.js'

// Writes of one transaction.
const MAX_BATCH = 256

// They are taken over into memory for about so long between two turns of the event loop. To answer them takes twice as long.
const APPLY_MS = 1

// Names that are prepared for being searched between two turns of the event loop, after the start.
const PREPARED_A_TURN = 256

interface Probe {
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** What a write comes to: its answer, and what has to be changed for it, if anything. */
interface Outcome {
  readonly write: Write
  readonly result: boolean
  readonly change?: Change
}

/**
 * A catalogue that outlives the index, in a file of SQLite; it needs the package better-sqlite3. All of it is in memory,
 * too, and is read there. A publish or unpublish resolves when it is on the disk, and is seen from then on. Writes that
 * come while the disk is busy share one transaction.
 *
 * @example
 * ```ts
 * const index = new IndexServer({ store: new SqliteStore('catalogue.db') })
 * ```
 */
export class SqliteStore extends ModelStore {
  readonly #options: SqliteThreadOptions
  #thread: SqliteThread | undefined
  readonly #queue: Write[] = []
  #probes: Probe[] = []
  #tellCommit: (commit: CommitEvent) => void = () => {}
  #writing: Promise<void> | undefined
  // Of each user, publishes that are not in memory yet: whoever has a bound must not get past it meanwhile.
  readonly #underWay = new Map<string, number>()
  #underWayInAll = 0
  #nextArrival = 1
  #isClosing = false
  #prepared: Promise<void> | undefined
  #closed: Promise<void> | undefined

  /**
   * @param path - the file, which is made where it is not there; its folder must be there
   * @param options - for tests
   */
  constructor(path: string, options: { readonly maxPages?: number; readonly script?: URL } = {}) {
    super()
    this.#options = { path, ...options }
  }

  /**
   * @internal Looks whether a file, which is there, could be opened. Nothing that is in it changes.
   * @throws {@link BitTrickleError} as {@link SqliteStore.open} would
   */
  static async check(path: string): Promise<void> {
    const thread = new SqliteThread({ path, checkOnly: true })
    try {
      await thread.open({ begin: () => {}, read: () => {} })
    } finally {
      await thread.end()
    }
  }

  /**
   * Opens the file and reads it. A file of an earlier release is brought to the present form.
   * @throws {@link BitTrickleError} `STORE_UNAVAILABLE` without better-sqlite3, `STORE_FOREIGN`, `STORE_NEWER` and
   * `STORE_DAMAGED` for a file that is left as it is, `STORE_LOCKED` (retryable), `DISK_ERROR`, `INVALID_STATE` when it was opened
   * or closed before
   */
  async open(): Promise<void> {
    if (this.#thread !== undefined || this.#isClosing) {
      const message = 'A SqliteStore is opened once: make a new one for another index.'
      throw new BitTrickleError('INVALID_STATE', message)
    }
    const model = await makeModel()
    const thread = new SqliteThread(this.#options)
    const loader = model.loader()
    try {
      await thread.open(loader)
      loader.end()
    } catch (error) {
      await thread.end()
      throw error
    }
    this.#thread = thread
    this.#nextArrival = loader.lastKey + 1
    this.model = model
    this.#prepared = this.#prepare(model)
  }

  // Until it is done, names are looked at one by one: right, and less quick.
  async #prepare(model: Publications): Promise<void> {
    while (!this.#isClosing && !model.prepare(PREPARED_A_TURN)) await turn()
  }

  /** @internal Resolves when searches are as quick as they get. For the bench. */
  get prepared(): Promise<void> | undefined {
    return this.#prepared
  }

  /** Waits until all is on the disk, and closes the file. */
  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    this.#isClosing = true
    await this.#prepared
    await this.#writing
    await this.#thread?.close()
  }

  /** {@inheritDoc CatalogueStore.publish} */
  publish(entry: CatalogueEntry): Promise<boolean> {
    return this.#writeOne(entry.username, entry.name, entry)
  }

  /** {@inheritDoc CatalogueStore.publishAll} */
  publishAll(entries: readonly CatalogueEntry[]): Promise<readonly (boolean | Error)[]> {
    if (entries.length === 0) return Promise.resolve([])
    return new Promise((resolve) => {
      const call = new Call(entries.length, resolve)
      for (const [at, entry] of entries.entries()) {
        this.#write({ username: entry.username, name: entry.name, entry, call, at })
      }
    })
  }

  /** {@inheritDoc CatalogueStore.unpublish} */
  unpublish(username: string, name: string): Promise<boolean> {
    return this.#writeOne(username, name, undefined)
  }

  /** {@inheritDoc CatalogueStore.onCommit} */
  onCommit(listener: (commit: CommitEvent) => void): void {
    this.#tellCommit = listener
  }

  /** {@inheritDoc CatalogueStore.waiting} */
  get waiting(): number {
    return this.#queue.length
  }

  /** {@inheritDoc CatalogueStore.probe} */
  probe(): Promise<void> {
    const thread = this.#thread
    if (thread === undefined || this.#isClosing) return Promise.reject(notOpen())
    return new Promise((resolve, reject) => {
      this.#probes.push({ resolve, reject })
      this.#writing ??= this.#writeAll(thread)
    })
  }

  #writeOne(username: string, name: string, entry: CatalogueEntry | undefined): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const call = new Call(1, ([result]) => {
        if (result instanceof Error) reject(result)
        else resolve(result as boolean)
      })
      this.#write({ username, name, entry, call, at: 0 })
    })
  }

  #write(write: Write): void {
    const thread = this.#thread
    try {
      if (thread === undefined || this.#isClosing) throw notOpen()
      if (write.entry !== undefined) assertKeepable(write.entry)
    } catch (error) {
      write.call.settle(write.at, error as Error)
      return
    }
    this.#queue.push(write)
    if (write.entry !== undefined) this.#countUnderWay(write.username, 1)
    this.#writing ??= this.#writeAll(thread)
  }

  async #writeAll(thread: SqliteThread): Promise<void> {
    // All that comes in this turn of the event loop goes together.
    await turn()
    while (this.#queue.length > 0 || this.#probes.length > 0) {
      // All who ask at a time are answered by one look.
      const probes = this.#probes
      this.#probes = []
      const outcomes = this.#plan(this.#queue.splice(0, MAX_BATCH))
      const changes = outcomes.flatMap(({ change }) => (change === undefined ? [] : [change]))
      try {
        if (changes.length > 0 || probes.length > 0) await this.#commit(thread, changes)
      } catch (error) {
        // None of them is on the disk, and none of them in memory.
        for (const { write } of outcomes) this.#settle(write, error as Error)
        for (const probe of probes) probe.reject(error)
        continue
      }
      let begunAt = performance.now()
      for (const outcome of outcomes) {
        this.#apply(outcome)
        if (performance.now() - begunAt < APPLY_MS) continue
        await turn()
        begunAt = performance.now()
      }
      for (const probe of probes) probe.resolve()
    }
    this.#writing = undefined
  }

  async #commit(thread: SqliteThread, changes: readonly Change[]): Promise<void> {
    const begun = performance.now()
    const told = (): CommitEvent => ({ writes: changes.length, ms: performance.now() - begun })
    try {
      await thread.write(changes)
    } catch (cause) {
      this.#tellCommit({ ...told(), cause })
      throw cause
    }
    this.#tellCommit(told())
  }

  #countUnderWay(username: string, more: 1 | -1): void {
    this.#underWayInAll += more
    const count = (this.#underWay.get(username) ?? 0) + more
    if (count === 0) this.#underWay.delete(username)
    else this.#underWay.set(username, count)
  }

  /** {@inheritDoc CatalogueStore.count} */
  override count(username: string): number {
    return super.count(username) + (this.#underWay.get(username) ?? 0)
  }

  /** {@inheritDoc CatalogueStore.size} */
  override get size(): number {
    return super.size + this.#underWayInAll
  }

  // A write sees those before it, which are not in memory yet.
  #plan(writes: readonly Write[]): Outcome[] {
    const planned = new Map<string, CatalogueEntry | undefined>()
    return writes.map((write) => {
      const { username, name, entry } = write
      const key = `${username}\n${name}`
      const known = this.publications.find(username, name)
      const [isThere, isSame] = planned.has(key)
        ? [planned.get(key) !== undefined, isSameOffer(planned.get(key), entry)]
        : [known !== NONE, known !== NONE && entry !== undefined && this.publications.isOf(known, entry)]
      if (entry === undefined ? !isThere : isSame) return { write, result: false }
      planned.set(key, entry)
      return { write, result: entry === undefined || !isThere, change: this.#toChange(write) }
    })
  }

  #toChange({ username, name, entry }: Write): Change {
    if (entry === undefined) return { username, name }
    const { root = null, size = null, audience = null, publishedAt } = entry
    const arrival = this.#nextArrival++
    return { username, name, put: { root, size, at: publishedAt.getTime(), arrival, audience } }
  }

  // What is wrong with one write keeps no other from its answer.
  #apply({ write, result, change }: Outcome): void {
    try {
      if (change !== undefined) this.#change(write, change)
    } catch (error) {
      this.#settle(write, error as Error)
      return
    }
    this.#settle(write, result)
  }

  #change({ username, name, entry }: Write, { put }: Change): void {
    const known = this.publications.find(username, name)
    if (known !== NONE) this.publications.delete(known)
    if (entry !== undefined) this.publications.add(entry, put?.arrival ?? 0)
  }

  #settle({ username, entry, call, at }: Write, result: boolean | Error): void {
    if (entry !== undefined) this.#countUnderWay(username, -1)
    call.settle(at, result)
  }
}

function isSameOffer(a: CatalogueEntry | undefined, b: CatalogueEntry | undefined): boolean {
  if (a === undefined || b === undefined) return false
  return a.root === b.root && a.size === b.size && a.audience === b.audience
}
