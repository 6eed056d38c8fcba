import type { Readable } from 'node:stream'
import { EventEmitter } from 'eventemitter3'
import { normalizeHost } from '../channel/datagram-socket.js'
import { BitTrickleError } from '../errors.js'
import { MESSAGE_VERSIONS, type Replies } from '../wire/messages.js'
import type { PeerInfo } from '../wire/records.js'
import { Connection } from './connection.js'
import type { Download } from './download/download.js'
import { Downloads } from './download/downloads.js'
import type { PeerEvents } from './events.js'
import type { IndexClient } from './index-client.js'
import { Locator } from './locator.js'
import { makeIndexClient } from './make-index-client.js'
import { askPassword, type PeerOptions, type ResolvedPeerOptions, resolvePeerOptions } from './options.js'
import { collect } from './pages.js'
import { Questions } from './questions.js'
import { RateLimit } from './rate-limit.js'
import { Receipts } from './receipts.js'
import { RequestPace } from './request-pace.js'
import { Serving } from './serving.js'
import { makeShare } from './share/make-share.js'
import { Publications } from './share/publications.js'
import type { Share } from './share/share.js'
import type { SharedFolderOptions } from './share/watch/options.js'
import type { SharedFolder } from './share/watch/shared-folder.js'
import { SharedFolders } from './share/watch/shared-folders.js'
import type {
  GetOptions,
  LocateOptions,
  Location,
  Publication,
  PublishOptions,
  ReadStreamOptions,
  SearchHit,
  SearchOptions,
  SessionInfo,
} from './types.js'

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
  readonly #questions: Questions
  readonly #share: Share
  readonly #publications: Publications
  readonly #sharedFolders: SharedFolders
  readonly #serving: Serving
  readonly #receipts: Receipts
  readonly #downloads: Downloads
  #session: SessionInfo | undefined
  #closed: Promise<void> | undefined

  /**
   * @param options - see {@link PeerOptions}
   * @throws {@link BitTrickleError} `INVALID_OPTION`, which names the option and the value received
   */
  constructor(options: PeerOptions) {
    super()
    const resolved = resolvePeerOptions(options)
    const { username, clock } = resolved
    this.#options = resolved
    const onWarning = (message: string, cause?: unknown): void => this.#warn(message, cause)
    this.#client = makeIndexClient(resolved, {
      onLost: (reason) => this.#connection.lose(reason),
      onFound: () => this.#connection.found(),
      onRevoked: (usernames, expires) => this.#serving.revoke(usernames, expires),
    })
    this.#connection = new Connection({
      client: this.#client,
      clock,
      random: Math.random,
      loginRequest: async () => ({
        type: 'login',
        username,
        password: await askPassword(resolved.password),
        versions: MESSAGE_VERSIONS,
        // The port must be known before the index is told, and where the index is before the address is chosen.
        ...(await this.#serving.describe(this.#client.isLocal)),
      }),
      onOnline: (reply) => this.#becomeOnline(reply),
      onOffline: (reason) => {
        resolved.logger.warn('offline', { reason: reason.message })
        this.#receipts.offline()
        if (this.#connection.state === 'idle') this.#sharedFolders.lost(reason)
        this.emit('offline', reason)
      },
      onReconnecting: (attempt, delay) => this.emit('reconnecting', { attempt, delay }),
    })
    const pace = new RequestPace(clock)
    const asking = { connection: this.#connection, pace, onWarning }
    this.#questions = new Questions(asking)
    this.#share = makeShare(resolved, onWarning)
    this.#publications = new Publications({ ...asking, share: this.#share })
    this.#sharedFolders = new SharedFolders({
      options: resolved,
      share: this.#share,
      publications: this.#publications,
      connection: this.#connection,
      onWarning,
    })
    this.#receipts = new Receipts({ clock, send: (receipts) => this.#connection.request(receipts) })
    this.#serving = new Serving({
      options: resolved,
      share: this.#share,
      onUpload: (upload) => this.emit('upload', upload),
      onReceipt: (receipt) => this.#receipts.add(receipt),
      onChanged: (name) => void this.#publications.renew(name),
      onWarning,
    })
    const fingerprint = (): Promise<string | undefined> => this.#serving.fingerprint()
    const locator = new Locator({ ...asking, username, fingerprint })
    this.#downloads = new Downloads(
      {
        folder: resolved.downloadDir,
        rate: new RateLimit(resolved.downloadRate),
        clock,
        channels: this.#serving.channels,
        locate: (name, wanted, signal) => this.#questions.locate(name, wanted, signal),
        locateSoon: (name, from, signal) => locator.locate(name, from, signal),
        list: (listing) => this.#questions.searchPages('', listing, false),
        pace,
        onWarning,
      },
      (download) => this.emit('download', download),
    )
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

  async #becomeOnline({ heartbeat, version, ticketKey, receipts = false }: Replies['login']): Promise<void> {
    this.#serving.trust(ticketKey)
    this.#receipts.online(receipts)
    const { host, port } = await this.#serving.listen(this.#client.isLocal)
    const session = {
      username: this.#options.username,
      heartbeat,
      ...(version === undefined ? {} : { version }),
      listener: { host: normalizeHost(host), port },
    }
    this.#session = session
    await this.#publications.takeUp(this.#client)
    this.#sharedFolders.online()
    this.#options.logger.info('online', { user: session.username, port })
    this.emit('online', session)
  }

  /**
   * The other users who are active now, sorted by name.
   * @throws {@link BitTrickleError} `NOT_LOGGED_IN`, `INDEX_UNREACHABLE` (retryable), `CLOSED`
   */
  peers(): Promise<PeerInfo[]> {
    return collect(this.#questions.peers())
  }

  /**
   * Offers a file of the share folder, or all files of a folder in it. Offering it again changes nothing, or tells what
   * has changed.
   *
   * A folder's publication has a name that ends in "/", and `files`, which have names that begin so: "photos/a.jpg".
   * Links in it are followed to files inside the share folder, not to folders, and what downloads have not finished is
   * left out. A file that cannot be published is passed over with a `warning` that names it.
   *
   * @param path - relative to the share folder, or absolute inside it; "." is the share folder itself
   * @throws {@link BitTrickleError} `OUTSIDE_SHARE`, `NOT_FOUND` also for a folder without files, `FILE_UNREADABLE`,
   * `INVALID_NAME`, `INDEX_FULL`, `NOT_LOGGED_IN`, `INDEX_UNREACHABLE` (retryable), `DISK_ERROR`, `ABORTED`, `CLOSED`.
   * When a folder fails half-way, what is published of it stays so: publish it again for the rest, or unpublish it.
   *
   * @example
   * ```ts
   * const { files } = await peer.publish('photos', { name: 'trip' })
   * console.log(files?.length, 'files, such as', files?.[0]?.name) // 'trip/a.jpg'
   * ```
   */
  publish(path: string, options: PublishOptions = {}): Promise<Publication> {
    return this.#publications.publish(path, options)
  }

  /**
   * Keeps what is published equal to a folder on disk, from now on until it is closed: see {@link SharedFolder}. Files are
   * published as `publish` does it with a folder, when they are finished; what was changed is published anew, what was
   * moved without being read again, and what has gone is unpublished. After a restart only what has changed is read, and
   * what has gone meanwhile is unpublished, as far as the state folder tells what an earlier run has published.
   *
   * @param path - relative to the share folder, or absolute inside it
   * @returns when folder and publications are equal for the first time; while the index is away, when it has come back
   * @throws {@link BitTrickleError} `INVALID_OPTION`, `INVALID_NAME`, `OUTSIDE_SHARE`, `NOT_FOUND` also for an empty folder
   * of which files are published, `INVALID_STATE` when it overlaps with another shared folder, `FILE_UNREADABLE`,
   * `INDEX_FULL`, `RATE_LIMITED` (retryable), `DISK_ERROR`, `NOT_LOGGED_IN`, `ABORTED`, `CLOSED`. What is published then
   * stays so. A file that cannot be published is no failure: it is a `warning`, and one of {@link SharedFolder.skipped}.
   *
   * @example
   * ```ts
   * const shared = await peer.share('photos', { ignore: ['*.xmp'], stableFor: 5_000 })
   * shared.on('unpublished', (name) => console.log('gone:', name))
   * ```
   */
  share(path = '.', options: SharedFolderOptions = {}): Promise<SharedFolder> {
    return this.#sharedFolders.open(path, options)
  }

  /**
   * Takes an offer back, or, of a name that ends in "/", all offers whose names begin so; "./" is all of them. Downloads
   * that run go on.
   * @throws {@link BitTrickleError} `NOT_PUBLISHED`, `INVALID_NAME` for what can be no folder, `NOT_LOGGED_IN`,
   * `INDEX_UNREACHABLE` (retryable), `DISK_ERROR`, `CLOSED`
   *
   * @example
   * ```ts
   * await peer.unpublish('photos/') // all that publish('photos') offers
   * ```
   */
  unpublish(name: string): Promise<void> {
    return this.#publications.unpublish(name)
  }

  /**
   * What this user offers, sorted by name; from other machines and earlier runs too. Folders are told by their files.
   * @throws {@link BitTrickleError} `NOT_LOGGED_IN`, `INDEX_UNREACHABLE` (retryable), `CLOSED`
   */
  published(): Promise<Publication[]> {
    return this.#publications.list()
  }

  /**
   * Finds names that other active users offer and that this one does not, sorted. Where filters leave only some of the
   * contents of a name, the hit is of the one that `get` would choose of those: its `root` asks for it.
   *
   * @param query - words, up to nine with white space between them, that must all be in a name, in whatever order. In the
   * classic protocol it is one word. The empty text is in every name.
   * @throws {@link BitTrickleError} `INVALID_NAME` for a text that cannot be searched for, `INVALID_OPTION`,
   * `NOT_LOGGED_IN`, `INDEX_UNREACHABLE` (retryable), `ABORTED`, `CLOSED`; all while iterating
   *
   * @example
   * ```ts
   * for await (const { name } of peer.search('.jpg', { prefix: 'photos/' })) console.log(name)
   * for await (const { name, root } of peer.search('', { glob: 'talks/*.mp4', order: 'newest' })) console.log(name, root)
   * ```
   */
  search(query: string, options: SearchOptions = {}): AsyncGenerator<SearchHit, void, undefined> {
    return this.#questions.search(query, options)
  }

  /**
   * Asks where a name can be fetched now. Where several contents have the name, it is the one that most active peers
   * offer; of those that as many offer, the newest.
   * @throws {@link BitTrickleError} `NOT_FOUND`, `OWN_PUBLICATION`, `INVALID_NAME`, `INVALID_OPTION`, `NOT_LOGGED_IN`,
   * `INDEX_UNREACHABLE` (retryable), `ABORTED`, `CLOSED`
   *
   * @example
   * ```ts
   * const { root, size, sources } = await peer.locate('dataset.tar')
   * console.log(root, 'has', size, 'bytes; it is at', sources.map(({ username }) => username))
   * ```
   */
  async locate(name: string, { signal, ...wanted }: LocateOptions = {}): Promise<Location> {
    const { sources, contents, ...found } = await this.#questions.locate(name, wanted, signal)
    const content = 'root' in found ? { root: found.root, size: found.size } : {}
    return { name, sources, ...content, ...(contents === undefined ? {} : { contents }) }
  }

  /**
   * Downloads a file. The bytes go to `NAME.part` and under the final name only when all have arrived. Where several
   * contents have the name, a `warning` tells which one is fetched, and that `root` and `from` choose another.
   *
   * A name that ends in "/" stands for a folder: everything below it that other active users offer and this one does
   * not is fetched, many files at a time. What is there already with the right bytes is kept, so that a second call gets
   * what is missing. "./" is everything that there is. Where one file fails, the others go on, and `done` rejects at the
   * end with the code of the first failure; its `cause` is an AggregateError with up to 100 of them.
   *
   * @returns at once; wait for `done`, which rejects with {@link BitTrickleError} `NOT_FOUND`, `OWN_PUBLICATION`,
   * `INVALID_NAME`, `INVALID_OPTION` for a folder with a root, `TARGET_EXISTS`, `TARGET_BUSY`, `UNSAFE_TARGET`,
   * `SOURCE_UNREACHABLE` and `SOURCE_LOST` (retryable), `FILE_CHANGED` (retryable), `CONTENT_MISMATCH`, `DISK_ERROR`,
   * `ABORTED`, `NOT_LOGGED_IN`, `INDEX_UNREACHABLE` (retryable) or `CLOSED`
   *
   * @example
   * ```ts
   * const download = peer.get('photos/', { as: 'from hans' })
   * download.on('progress', ({ files }) => console.log(files?.done, 'of', files?.total))
   * const { path, files } = await download.done
   * ```
   */
  get(name: string, options: GetOptions = {}): Download {
    return this.#downloads.start(name, options)
  }

  /**
   * Reads a content without keeping it: the bytes come in order, each verified, while the rest is still on its way. As
   * with `fs.createReadStream`, `end` is read too. Only the pieces that are needed are fetched, from all sources at once
   * and no further ahead than 8 MiB or two pieces; a reader that is slow makes the sources wait.
   *
   * @returns a stream that begins when it is read. It fails with {@link BitTrickleError} `NOT_FOUND`, `OWN_PUBLICATION`,
   * `INVALID_NAME`, `SOURCE_UNREACHABLE` and `SOURCE_LOST` (retryable), `FILE_CHANGED`, `CONTENT_MISMATCH`, `ABORTED`,
   * `NOT_LOGGED_IN`, `INDEX_UNREACHABLE` (retryable), `DISK_ERROR` or `CLOSED`
   * @throws {@link BitTrickleError} `INVALID_OPTION` for a range that is none, `NOT_SUPPORTED` for the classic protocol
   *
   * @example
   * ```ts
   * import { pipeline } from 'node:stream/promises'
   * await pipeline(peer.createReadStream('talk.mp4', { start: 1_000_000 }), process.stdout)
   * ```
   */
  createReadStream(name: string, options: ReadStreamOptions = {}): Readable {
    return this.#downloads.read(name, options)
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
    const downloadsEnd = this.#downloads.close()
    const foldersEnd = this.#sharedFolders.close()
    const servingEnd = this.#serving.close()
    await this.#receipts.close()
    await this.#connection.close()
    await servingEnd
    await downloadsEnd
    await foldersEnd
    await this.#share.close()
    this.emit('close')
  }

  /** Closes the peer at the end of an `await using` block. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
