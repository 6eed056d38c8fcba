import { sep } from 'node:path'
import { BitTrickleError } from '../../../errors.js'
import { loadPart } from '../../../load-part.js'
import { quote } from '../../../wire/names.js'
import type { Connection } from '../../connection.js'
import { prefixOf, toFolderName } from '../../folder-name.js'
import { invalid, type ResolvedPeerOptions } from '../../options.js'
import type { Publications } from '../publications.js'
import type { Share } from '../share.js'
import { resolveSharedFolderOptions, type SharedFolderOptions } from './options.js'
import type { SharedFolder } from './shared-folder.js'

/** What {@link SharedFolders} need. */
export interface SharedFoldersOptions {
  readonly options: Pick<ResolvedPeerOptions, 'shareDir' | 'stateDir' | 'clock'>
  readonly share: Share
  readonly publications: Publications
  readonly connection: Pick<Connection, 'state'>
  readonly onWarning: (message: string, cause?: unknown) => void
}

/** What is known of a shared folder before it is one. */
export interface Place {
  /** Path in the share folder. */
  readonly folder: string
  /** Where it is, behind links. */
  readonly real: string
  readonly prefix: string
}

/** The folders that a peer shares: each file belongs to one of them at most, and so does each name. */
export class SharedFolders {
  readonly #options: SharedFoldersOptions
  readonly #places = new Map<Place, SharedFolder>()
  #isClosed = false

  constructor(options: SharedFoldersOptions) {
    this.#options = options
  }

  /** Shares a folder: see `Peer.share`. */
  async open(path: string, given: SharedFolderOptions): Promise<SharedFolder> {
    const options = resolveSharedFolderOptions(given)
    if (typeof path !== 'string') throw invalid('share folder', 'a path in the share folder', path)
    const { signal } = options
    this.#assertLoggedIn()
    throwIfAborted(signal)
    const { makeIgnoreRule, makeSharedFolder } = await loadPart(() => import('./make-shared-folder.js'))
    const isIgnored = await makeIgnoreRule(options.ignore, options.ignoreDefaults)
    const place = await this.#find(path, options.name)
    throwIfAborted(signal)
    this.#assertLoggedIn()
    this.#assertFree(place)
    const shared = makeSharedFolder(place, { ...options, isIgnored }, this.#options)
    this.#places.set(place, shared)
    const forget = (): void => {
      this.#places.delete(place)
    }
    shared.done.then(forget, forget)
    return this.#start(shared, signal)
  }

  async #start(shared: SharedFolder, signal: AbortSignal | undefined): Promise<SharedFolder> {
    const onAbort = (): void => void shared.close()
    signal?.addEventListener('abort', onAbort)
    try {
      await shared.start()
      return shared
    } catch (error) {
      await shared.close()
      throwIfAborted(signal)
      throw error
    } finally {
      signal?.removeEventListener('abort', onAbort)
    }
  }

  // Before that, what was published in an earlier run is not known; offline, it is.
  #assertLoggedIn(): void {
    const { state } = this.#options.connection
    if (this.#isClosed || state === 'closed') throw new BitTrickleError('CLOSED', 'The peer was closed.')
    if (state === 'online' || state === 'offline') return
    throw new BitTrickleError('NOT_LOGGED_IN', 'Not logged in; call login() first.')
  }

  async #find(path: string, name: string | undefined): Promise<Place> {
    const { share, options } = this.#options
    const folder = await share.findFolder(path)
    if (folder === undefined)
      throw new BitTrickleError('NOT_FOUND', `There is no folder ${quote(path)} in the share folder.`)
    if (options.stateDir === options.shareDir)
      throw invalid(
        'stateDir',
        'another folder than shareDir, since its keys would be shared',
        options.stateDir,
      )
    const prefix = prefixOf(toFolderName(name ?? (folder === '' ? '' : share.nameOf(folder))))
    return { folder, real: await share.folder.real(folder), prefix }
  }

  #assertFree({ folder, real, prefix }: Place): void {
    for (const other of this.#places.keys()) {
      const shown = `${quote(folder === '' ? '.' : folder)} cannot be shared: it`
      const which = quote(other.folder === '' ? '.' : other.folder)
      if (overlaps(real, other.real, sep))
        throw new BitTrickleError(
          'INVALID_STATE',
          `${shown} overlaps with ${which}, which is shared already.`,
        )
      if (overlaps(prefix, other.prefix, ''))
        throw new BitTrickleError(
          'INVALID_STATE',
          `${shown} would have names of ${which}, which is shared already.`,
        )
    }
  }

  /** The index is there again. */
  online(): void {
    for (const shared of this.#places.values()) shared.online()
  }

  /** The index is lost for good, unless the app logs in again. */
  lost(reason: Error): void {
    for (const shared of this.#places.values()) shared.offline(reason)
  }

  /** Shares none of them any longer, and no other. */
  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.all(Array.from(this.#places.values(), (shared) => shared.close()))
  }
}

const overlaps = (one: string, other: string, end: string): boolean =>
  one === other || (one + end).startsWith(other + end) || (other + end).startsWith(one + end)

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted)
    throw new BitTrickleError('ABORTED', 'The sharing of the folder was given up.', { cause: signal.reason })
}
