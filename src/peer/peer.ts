import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { EventEmitter } from 'eventemitter3'
import { formatAddress, normalizeHost } from '../channel/datagram-socket.js'
import { BitTrickleError } from '../errors.js'
import {
  type LocateRequest,
  MESSAGE_VERSIONS,
  type PeersRequest,
  type PublishedRequest,
  type Replies,
  type SearchRequest,
} from '../wire/messages.js'
import { assertName, queryProblem } from '../wire/names.js'
import type { HitRecord, PeerInfo, PeerRecord, PublicationRecord } from '../wire/records.js'
import { Connection } from './connection.js'
import { Download } from './download/download.js'
import { Downloader, type FoundContent, type Wanted } from './download/downloader.js'
import type { PeerEvents } from './events.js'
import type { IndexClient } from './index-client.js'
import { makeIndexClient } from './make-index-client.js'
import { assertPassword, type PeerOptions, type ResolvedPeerOptions, resolvePeerOptions } from './options.js'
import { collect, type PagesOptions, readPages } from './pages.js'
import { Share } from './share/share.js'
import { Transfers } from './transfers.js'
import type {
  GetOptions,
  Location,
  Publication,
  PublishOptions,
  SearchHit,
  SearchOptions,
  SessionInfo,
} from './types.js'
import type { UploadListener } from './upload/listen.js'
import type { Upload } from './upload/upload.js'
import { UploadServer } from './upload/upload-server.js'

/**
 * A peer: logs in at an index, offers files, finds those of others, and fetches them directly from them.
 *
 * @example
 * ```ts
 * await using peer = new Peer({ server: 'bittrickle://index.example:5331?key=…', username: 'hans', password })
 * await peer.login()
 * await peer.publish('talks/keynote.mp4')
 * for await (const hit of peer.search('dataset')) console.log(hit.name)
 * const { path } = await peer.get('dataset.tar').done
 * ```
 */
export class Peer extends EventEmitter<PeerEvents> {
  readonly #options: ResolvedPeerOptions
  readonly #client: IndexClient
  readonly #connection: Connection
  readonly #share: Share
  readonly #uploads: UploadListener
  readonly #transfers: Transfers | undefined
  readonly #downloader: Downloader
  readonly #downloads = new Set<Download>()
  #listener: Promise<{ host: string; port: number }> | undefined
  #session: SessionInfo | undefined
  #closed: Promise<void> | undefined

  /**
   * @param options - see {@link PeerOptions}
   * @throws {@link BitTrickleError} `INVALID_OPTION`, which names the option and the value received
   */
  constructor(options: PeerOptions) {
    super()
    const resolved = resolvePeerOptions(options)
    const { username, clock, shareDir, stateDir } = resolved
    this.#options = resolved
    const onWarning = (message: string, cause?: unknown): void => this.#warn(message, cause)
    this.#client = makeIndexClient(resolved, {
      onLost: (reason) => this.#connection.lose(reason),
      onFound: () => this.#connection.found(),
    })
    this.#connection = new Connection({
      client: this.#client,
      clock,
      random: Math.random,
      loginRequest: async () => ({
        type: 'login',
        username,
        password: await askPassword(resolved.password),
        tcpPort: (await this.#listen()).port,
        versions: MESSAGE_VERSIONS,
        ...(this.#transfers === undefined ? {} : { fingerprint: await this.#transfers.fingerprint() }),
      }),
      onOnline: (reply) => this.#becomeOnline(reply),
      onOffline: (reason) => {
        resolved.logger.warn('offline', { reason: reason.message })
        this.emit('offline', reason)
      },
      onReconnecting: (attempt, delay) => this.emit('reconnecting', { attempt, delay }),
    })
    this.#share = new Share({
      folder: shareDir,
      ...(stateDir === undefined
        ? {}
        : { memoryPath: memoryPath(stateDir, resolved), cachePath: join(stateDir, 'hashes') }),
      hashes: resolved.protocol === 'sealed',
      onWarning,
    })
    const uploads = {
      slots: resolved.uploadSlots,
      rate: resolved.uploadRate,
      clock,
      onUpload: (upload: Upload): void => {
        this.emit('upload', upload)
      },
      onWarning,
    }
    if (resolved.protocol === 'classic') {
      this.#uploads = new UploadServer({ ...uploads, source: this.#share })
    } else {
      const source = this.#share.contents
      this.#transfers = new Transfers({
        ...uploads,
        source,
        onChanged: ({ name }) => void this.#offerAgain(name),
      })
      this.#uploads = this.#transfers
    }
    this.#downloader = new Downloader({
      folder: resolved.downloadDir,
      rate: resolved.downloadRate,
      clock,
      channels: this.#transfers?.channels,
      onWarning,
      locate: (name, wanted, signal) => this.#find(name, wanted, signal),
    })
  }

  /**
   * Begins to serve, and opens a session at the index. From then on the peer keeps it: when the index is lost, it
   * emits `offline` and tries until it is `online` again. A login that was refused can be tried again.
   *
   * @throws {@link BitTrickleError} `AUTHENTICATION_FAILED`, `ALREADY_ACTIVE` (retryable), `INDEX_FULL`, `RATE_LIMITED`
   * (retryable), `INDEX_UNREACHABLE` (retryable), `SERVER_KEY_CHANGED`, `UNSUPPORTED_VERSION`, `ADDRESS_IN_USE`,
   * `DISK_ERROR`, `CLOSED`
   */
  async login(): Promise<SessionInfo> {
    await this.#connection.login()
    if (this.#session === undefined) throw new BitTrickleError('CLOSED', 'The peer was closed.')
    return this.#session
  }

  // The port must be known before the index is told, and where the index is before the address is chosen.
  async #listen(): Promise<{ host: string; port: number }> {
    const { host = this.#client.isLocal ? '127.0.0.1' : '::', port } = this.#options
    this.#listener ??= this.#uploads.listen(host, port)
    try {
      return await this.#listener
    } catch (error) {
      this.#listener = undefined
      throw error
    }
  }

  async #becomeOnline({ heartbeat, ticketKey }: Replies['login']): Promise<void> {
    if (ticketKey !== undefined) this.#transfers?.trust(ticketKey)
    const { host, port } = await this.#listen()
    const session = {
      username: this.#options.username,
      heartbeat,
      listener: { host: normalizeHost(host), port },
    }
    this.#session = session
    await this.#takeUpPublications()
    this.#options.logger.info('online', { user: session.username, port })
    this.emit('online', session)
  }

  // The index kept what was published before; from now on it can be fetched again, and the other way round.
  async #takeUpPublications(): Promise<void> {
    try {
      const kept = await this.#publications()
      const roots = new Map(kept.map(({ name, root }) => [name, root]))
      await this.#share.adopt([...roots.keys()])
      for (const name of this.#share.names()) {
        const content = await this.#share.hash(name)
        // An index that keeps its catalogue in memory has forgotten it when it was started anew; or the file is another.
        const isKnown = roots.has(name) && (content === undefined || roots.get(name) === content.root)
        if (!isKnown) await this.#client.request({ type: 'publish', name, ...content })
      }
    } catch (cause) {
      this.#warn('What was published before cannot be looked up; publish it again to serve it.', cause)
    }
  }

  // Its file is no longer what was published: whoever wants it must be told what it is now.
  async #offerAgain(name: string): Promise<void> {
    try {
      const content = await this.#share.hash(name)
      await this.#connection.request({ type: 'publish', name, ...content })
      this.#warn(`The file behind "${name}" has changed; it is published anew.`)
    } catch (cause) {
      this.#warn(`The file behind "${name}" has changed, and cannot be published anew.`, cause)
    }
  }

  /**
   * The other users who are active now, sorted by name.
   * @throws {@link BitTrickleError} `NOT_LOGGED_IN`, `INDEX_UNREACHABLE` (retryable), `CLOSED`
   */
  async peers(): Promise<PeerInfo[]> {
    const ask: PagesOptions<PeerRecord>['ask'] = (page) =>
      this.#connection.request<PeersRequest>({ type: 'peers', ...page })
    return collect(this.#list(ask, ({ username }) => username))
  }

  /**
   * Offers a file of the share folder. Offering it again changes nothing.
   *
   * @param path - relative to the share folder, or absolute inside it
   * @throws {@link BitTrickleError} `OUTSIDE_SHARE`, `NOT_FOUND`, `FILE_UNREADABLE`, `INVALID_NAME`, `INDEX_FULL`,
   * `NOT_LOGGED_IN`, `INDEX_UNREACHABLE` (retryable), `DISK_ERROR`, `CLOSED`
   */
  async publish(path: string, options: PublishOptions = {}): Promise<Publication> {
    const { name, file } = await this.#share.prepare(path, options.name)
    // Served before it is announced: whoever hears of it may come at once.
    const undo = await this.#share.add(name, file)
    try {
      const content = await this.#share.hash(name, options)
      await this.#connection.request({ type: 'publish', name, ...content })
    } catch (error) {
      await undo()
      throw error
    }
    return { name, path: this.#share.absolute(file) }
  }

  /**
   * Takes an offer back. Downloads of it that run go on.
   * @throws {@link BitTrickleError} `NOT_PUBLISHED`, `NOT_LOGGED_IN`, `INDEX_UNREACHABLE` (retryable), `CLOSED`
   */
  async unpublish(name: string): Promise<void> {
    await this.#connection.request({ type: 'unpublish', name })
    await this.#share.remove(name)
  }

  /**
   * What this user offers, sorted by name; from other machines and earlier runs too.
   * @throws {@link BitTrickleError} `NOT_LOGGED_IN`, `INDEX_UNREACHABLE` (retryable), `CLOSED`
   */
  async published(): Promise<Publication[]> {
    return (await this.#publications()).map(({ name }) => {
      const file = this.#share.fileOf(name)
      return file === undefined ? { name } : { name, path: this.#share.absolute(file) }
    })
  }

  async #publications(): Promise<PublicationRecord[]> {
    const ask: PagesOptions<PublicationRecord>['ask'] = (page) =>
      this.#connection.request<PublishedRequest>({ type: 'published', ...page })
    return collect(this.#list(ask, ({ name }) => name))
  }

  /**
   * Finds names that other active users offer, sorted.
   *
   * @param query - the text that the names contain, case-sensitively
   * @throws {@link BitTrickleError} `INVALID_NAME` for a text that cannot be searched for, `NOT_LOGGED_IN`,
   * `INDEX_UNREACHABLE` (retryable), `ABORTED`, `CLOSED`; all while iterating
   */
  async *search(query: string, { signal }: SearchOptions = {}): AsyncGenerator<SearchHit, void, undefined> {
    const problem = queryProblem(query)
    if (problem !== undefined) throw new BitTrickleError('INVALID_NAME', `The text to search for ${problem}.`)
    const options = signal === undefined ? {} : { signal }
    const ask: PagesOptions<HitRecord>['ask'] = (page) =>
      this.#connection.request<SearchRequest>({ type: 'search', query, ...page }, options)
    yield* this.#list(ask, ({ name }) => name)
  }

  /**
   * Asks where a name can be fetched now.
   * @throws {@link BitTrickleError} `NOT_FOUND`, `OWN_PUBLICATION`, `INVALID_NAME`, `NOT_LOGGED_IN`,
   * `INDEX_UNREACHABLE` (retryable), `ABORTED`, `CLOSED`
   */
  async locate(name: string, { signal }: SearchOptions = {}): Promise<Location> {
    const { sources, ...found } = await this.#find(name, {}, signal)
    const content = 'root' in found ? { root: found.root, size: found.size } : {}
    return { name, sources, ...content }
  }

  async #find(name: string, { root, from }: Wanted, signal: AbortSignal | undefined): Promise<FoundContent> {
    assertName(name)
    const request: LocateRequest = {
      type: 'locate',
      name,
      ...(root === undefined ? {} : { root }),
      ...(from === undefined ? {} : { from }),
    }
    const { reply } = await this.#connection.request(request, signal === undefined ? {} : { signal })
    const { sources, size, ticket } = reply
    if (reply.root === undefined || size === undefined || ticket === undefined) return { sources }
    return { sources, root: reply.root, size, ticket }
  }

  /**
   * Downloads a file. The bytes go to `NAME.part` and under the final name only when all have arrived.
   *
   * @returns at once; wait for `done`, which rejects with {@link BitTrickleError} `NOT_FOUND`, `OWN_PUBLICATION`,
   * `INVALID_NAME`, `TARGET_EXISTS`, `TARGET_BUSY`, `UNSAFE_TARGET`, `SOURCE_UNREACHABLE` and `SOURCE_LOST`
   * (retryable), `DISK_ERROR`, `ABORTED`, `NOT_LOGGED_IN`, `INDEX_UNREACHABLE` (retryable) or `CLOSED`
   */
  get(name: string, { as = name, overwrite = false, signal, root, from }: GetOptions = {}): Download {
    const wanted = { ...(root === undefined ? {} : { root }), ...(from === undefined ? {} : { from }) }
    const download = new Download(
      name,
      (control) => this.#downloader.run({ name, as, overwrite, control, ...wanted }),
      signal,
    )
    this.#downloads.add(download)
    const forget = (): void => {
      this.#downloads.delete(download)
    }
    download.done.then(forget, forget)
    if (this.#closed === undefined) this.emit('download', download)
    else download.cancel()
    return download
  }

  #list<Item>(
    ask: PagesOptions<Item>['ask'],
    keyOf: PagesOptions<Item>['keyOf'],
  ): AsyncGenerator<Item, void, undefined> {
    const onOmitted = (count: number): void =>
      this.#warn(`${count} more did not fit the answer of the index; ask for less.`)
    return readPages({ ask, keyOf, onOmitted })
  }

  #warn(message: string, cause?: unknown): void {
    this.#options.logger.warn(message, cause === undefined ? {} : { cause: String(cause) })
    this.emit('warning', cause === undefined ? { message } : { message, cause })
  }

  /** Ends the session, the listener and all transfers that run. What is done stays. May be called again. */
  close(): Promise<void> {
    this.#closed ??= this.#shutDown()
    return this.#closed
  }

  async #shutDown(): Promise<void> {
    const running = [...this.#downloads]
    for (const download of running) download.cancel()
    await this.#connection.close()
    await this.#listener?.catch(() => {})
    await this.#uploads.close()
    await Promise.allSettled(running.map(({ done }) => done))
    await this.#share.close()
    this.emit('close')
  }

  /** Closes the peer at the end of an `await using` block. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

async function askPassword(password: ResolvedPeerOptions['password']): Promise<string> {
  const answer = typeof password === 'string' ? password : await password()
  assertPassword(answer)
  return answer
}

// One state folder serves several accounts: what one of them publishes is nothing to the others.
function memoryPath(stateDir: string, { username, server }: ResolvedPeerOptions): string {
  const account = createHash('sha256')
    .update(`${username}@${formatAddress(server)}`)
    .digest('hex')
  return join(stateDir, `published-${account.slice(0, 16)}.json`)
}
