import { setMaxListeners } from 'node:events'
import { EventEmitter } from 'eventemitter3'
import type { Clock, Timer } from '../../../clock.js'
import { BitTrickleError, type ErrorCode } from '../../../errors.js'
import { quote } from '../../../wire/names.js'
import { Agenda } from './agenda.js'
import type { FolderKeeper, FolderKeeperOptions, Round } from './folder-keeper.js'
import type { SharedFolderEvents, SkippedFile } from './shared-folder-events.js'
import { type Waiter, withResolvers } from './waiter.js'

// The index is away: when it is back, everything is looked at again.
const AWAY: readonly ErrorCode[] = ['INDEX_UNREACHABLE', 'NOT_LOGGED_IN']
// What the index refuses, such as for being full, it may take when somebody has made room.
const REFUSED_MS = 60_000

/** @internal What a {@link SharedFolder} needs. */
export interface SharedFolderParts {
  /** Ends in "/". */
  readonly name: string
  /** Absolute. */
  readonly path: string
  /** Path in the share folder. */
  readonly folder: string
  readonly clock: Clock
  readonly stableFor: number
  readonly rescanEvery: number
  readonly isOnline: boolean
  readonly makeKeeper: (
    told: Pick<FolderKeeperOptions, 'signal' | 'onPublished' | 'onUnpublished' | 'onSkipped'> & {
      readonly onChange: (path: string) => void
    },
  ) => { readonly keeper: FolderKeeper; readonly stopWatching: () => Promise<void> }
  readonly absolute: (path: string) => string
  readonly onWarning: (message: string, cause?: unknown) => void
}

/**
 * A folder whose publications follow it: what comes, changes, moves and goes there is published, published anew, and
 * unpublished, until `close()`. While the index is away changes wait for it.
 *
 * When the folder itself is lost, since its disk was unmounted for example, or it is found empty at the start although
 * files of it are published, nothing is unpublished: `done` rejects, and the folder can be shared again when it is back.
 *
 * @example
 * ```ts
 * await using shared = await peer.share('photos', { ignore: ['*.xmp'] })
 * shared.on('published', ({ name }) => console.log('new:', name))
 * await shared.done
 * ```
 */
export class SharedFolder extends EventEmitter<SharedFolderEvents> {
  /** The name of the folder: its files have names that begin so, unless it is "./". */
  readonly name: string
  /** Where it is, absolute. */
  readonly path: string
  /**
   * Resolves when it is closed. Rejects when it cannot go on, with a {@link BitTrickleError} `NOT_FOUND` or
   * `FILE_UNREADABLE` when the folder was removed, renamed or cannot be read: what is published of it stays so.
   */
  readonly done: Promise<void>
  readonly #parts: SharedFolderParts
  readonly #keeper: FolderKeeper
  readonly #stopWatching: () => Promise<void>
  readonly #agenda: Agenda
  readonly #ending = new AbortController()
  readonly #finish: Waiter
  /** Who waits for the next look at the whole folder. */
  #waiting: Waiter[] = []
  #starting: (Waiter & { at?: number }) | undefined
  #rescan: Timer | undefined
  #isAway: boolean
  /** How often the index has come back: it may do so while a round still goes that it has stopped. */
  #returns = 0
  #ended: Promise<void> | undefined
  #refusal = ''

  /** @internal */
  constructor(parts: SharedFolderParts) {
    super()
    this.name = parts.name
    this.path = parts.path
    this.#parts = parts
    this.#isAway = !parts.isOnline
    const { promise, ...finish } = withResolvers()
    this.done = promise
    this.#finish = finish
    // Whoever is interested looks at `done`; an app that does not is not ended by a failure, of which the peer warns.
    this.done.catch(() => {})
    // Each file has a listener while it is hashed.
    setMaxListeners(0, this.#ending.signal)
    const { keeper, stopWatching } = parts.makeKeeper({
      signal: this.#ending.signal,
      onChange: (path) => {
        if (!this.#isAway) this.#agenda.note(path)
      },
      onPublished: (publication) => this.emit('published', publication),
      onUnpublished: (name) => this.emit('unpublished', name),
      onSkipped: (path, why) => this.#warn(`${quote(path)} is not published: ${why.message}`, why),
    })
    this.#keeper = keeper
    this.#stopWatching = stopWatching
    this.#agenda = new Agenda({
      clock: parts.clock,
      whole: parts.folder,
      // Many files that were written one after the other are published together.
      grid: parts.stableFor / 4,
      round: (paths) => this.#round(paths),
    })
  }

  /** What is in the folder and cannot be published, such as files whose names BitTrickle cannot carry. */
  get skipped(): readonly SkippedFile[] {
    const { absolute } = this.#parts
    return Array.from(this.#keeper.skipped, ([path, reason]) => ({ path: absolute(path), reason }))
  }

  /**
   * Looks through the whole folder now, and resolves when its publications are equal to it, but for files that somebody
   * still writes to.
   * @throws {@link BitTrickleError} `INDEX_UNREACHABLE` (retryable), `INDEX_FULL`, `RATE_LIMITED` (retryable),
   * `DISK_ERROR`, `NOT_FOUND` or `FILE_UNREADABLE` when the folder is lost, `CLOSED`
   */
  rescan(): Promise<void> {
    if (this.#ended !== undefined) return Promise.reject(this.#closed())
    const { promise, ...waiter } = withResolvers()
    this.#waiting.push(waiter)
    this.#agenda.noteAll()
    return promise
  }

  /**
   * @internal Resolves when the folder and its publications are equal for the first time. Files that somebody wrote to
   * just before are waited for once.
   */
  start(): Promise<void> {
    const { promise, ...waiter } = withResolvers()
    this.#starting = waiter
    if (!this.#isAway) this.#agenda.noteAll()
    return promise
  }

  /** @internal The index is there again, and may have forgotten what it had. */
  online(): void {
    this.#isAway = false
    this.#returns += 1
    this.#agenda.noteAll()
  }

  /** @internal The index is lost for good, unless the app logs in again. */
  offline(reason: Error): void {
    this.#starting?.reject(reason)
  }

  async #round(paths: ReadonlySet<string>): Promise<void> {
    const { clock, folder, rescanEvery } = this.#parts
    const isWhole = paths.has(folder)
    const waiting = isWhole ? this.#waiting.splice(0) : []
    const returns = this.#returns
    if (isWhole) this.#rescan?.cancel()
    try {
      const round = await this.#keeper.round(paths)
      this.#ending.signal.throwIfAborted()
      for (const [path, delay] of round.later) this.#agenda.later(path, delay)
      if (round.published.length + round.unpublished.length > 0) this.emit('batch', round)
      if (round.stopped !== undefined) this.#stop(round.stopped, returns)
      this.#settle(round, isWhole, waiting)
    } catch (error) {
      // They are told by the end of it all, which may have begun already.
      this.#waiting.push(...waiting)
      void this.#end(error as BitTrickleError)
      return
    }
    if (isWhole) this.#rescan = clock.setTimeout(() => this.#agenda.noteAll(), rescanEvery)
  }

  #settle({ stopped, later }: Round, isWhole: boolean, waiting: readonly Waiter[]): void {
    for (const { resolve, reject } of waiting) stopped === undefined ? resolve() : reject(stopped)
    const starting = this.#starting
    if (starting === undefined) return
    if (stopped !== undefined) {
      if (!AWAY.includes(stopped.code)) starting.reject(stopped)
      return
    }
    const now = this.#parts.clock.monotonic()
    if (isWhole && starting.at === undefined) {
      let last = 0
      for (const delay of later.values()) last = Math.max(last, delay)
      starting.at = now + last
    }
    if (starting.at === undefined || now < starting.at) return
    this.#starting = undefined
    starting.resolve()
  }

  #stop(reason: BitTrickleError, returns: number): void {
    const { folder } = this.#parts
    if (AWAY.includes(reason.code)) {
      if (returns === this.#returns) this.#isAway = true
      else this.#agenda.noteAll()
      return
    }
    // Told once, although it is tried again and again.
    if (reason.message !== this.#refusal) {
      this.#refusal = reason.message
      const message = `The shared folder ${quote(folder)} is not published whole: ${reason.message}`
      this.#warn(message, reason)
    }
    this.#agenda.later(folder, REFUSED_MS)
  }

  #warn(message: string, cause: unknown): void {
    this.#parts.onWarning(message, cause)
    this.emit('warning', { message, cause })
  }

  /** Watches the folder no longer. What is published of it stays so; `peer.unpublish(name)` takes it back. */
  close(): Promise<void> {
    return this.#end(undefined)
  }

  /** @internal Ends it: for a reason, or since it is not wanted any longer. */
  #end(failure: BitTrickleError | undefined): Promise<void> {
    this.#ended ??= this.#shutDown(failure)
    return this.#ended
  }

  async #shutDown(failure: BitTrickleError | undefined): Promise<void> {
    const reason = failure ?? this.#closed()
    this.#ending.abort(reason)
    this.#rescan?.cancel()
    if (failure !== undefined && this.#starting === undefined) this.#warn(failure.message, failure)
    await this.#agenda.close()
    await this.#stopWatching()
    for (const { reject } of this.#waiting.splice(0)) reject(reason)
    this.#starting?.reject(reason)
    if (failure === undefined) this.#finish.resolve()
    else this.#finish.reject(failure)
  }

  #closed(): BitTrickleError {
    return new BitTrickleError('CLOSED', `The folder ${quote(this.name)} is shared no longer.`)
  }

  /** Closes it at the end of an `await using` block. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
