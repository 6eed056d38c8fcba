import { join } from 'node:path'
import { EventEmitter } from 'eventemitter3'
import { type Address, formatAddress } from '../channel/datagram-socket.js'
import { formatKey, loadKeyPair } from '../channel/key-file.js'
import { generateKeyPair, type KeyPair } from '../channel/noise.js'
import { systemRandom } from '../channel/random.js'
import { openUdpSocket } from '../channel/udp-socket.js'
import { type Clock, systemClock } from '../clock.js'
import { BitTrickleError } from '../errors.js'
import { loadPart } from '../load-part.js'
import { type Logger, silentLogger } from '../logger.js'
import { TicketSigner } from '../transfer/ticket.js'
import type { HeartbeatTimes, PeerInfo } from '../wire/records.js'
import { type Accounts, type Authenticate, accountsFrom, FileAccounts } from './accounts/accounts.js'
import type { AuditTrail } from './audit/audit-trail.js'
import type { CatalogueStore } from './catalogue/catalogue-store.js'
import { MemoryStore } from './catalogue/memory-store.js'
import { SqliteStore } from './catalogue/sqlite-store.js'
import { CATALOGUE_FILE, KEY_FILE } from './data-files.js'
import type { Entrances } from './entrances.js'
import type { IndexServerEvents, LogoutEvent } from './events.js'
import type { HandlerContext } from './handlers/context.js'
import { type IndexLimits, resolveLimits } from './limits.js'
import type { LoginThrottle } from './login-throttle.js'
import {
  type IndexServerOptions,
  resolveAudit,
  resolveClassic,
  resolveCredentials,
  resolveDataDir,
  resolveHeartbeat,
  resolveHost,
  resolvePort,
} from './options.js'
import { PendingRequests } from './pending-requests.js'
import { ReceiptBook } from './receipt-book.js'
import { Revocations } from './revocations.js'
import { type Session, Sessions } from './sessions.js'
import { type IndexStats, Tally } from './stats.js'
import { TicketCache } from './ticket-cache.js'

// What is being answered when an index is closed, such as a publish on its way to the disk, has so long.
const DRAIN_MS = 5_000

/** What a running index can be told anew. */
export interface ReloadOptions {
  /**
   * Bounds from now on, those that are not named at their defaults. That on handshakes is looked at at the start alone;
   * that on requests counts for channels that open from now on.
   * @defaultValue they stay as they are
   */
  readonly limits?: Partial<IndexLimits>
}

/**
 * The index: authenticates accounts, knows who is active, and keeps who publishes what. It never touches file bytes.
 *
 * @example
 * ```ts
 * await using index = new IndexServer({ credentials: 'credentials.txt', dataDir: 'data' })
 * await index.listen()
 * console.log('Peers log in at', index.uri)
 * index.on('login', ({ username }) => console.log(username, 'is here'))
 * ```
 */
export class IndexServer extends EventEmitter<IndexServerEvents> {
  readonly #host: string
  readonly #port: number
  readonly #dataDir: string | undefined
  readonly #accounts: Accounts
  readonly #catalogue: CatalogueStore
  readonly #classic: { readonly allowRemote: boolean } | undefined
  readonly #heartbeat: HeartbeatTimes
  #limits: IndexLimits
  readonly #logger: Logger
  readonly #clock: Clock
  readonly #sessions: Sessions
  readonly #revocations: Revocations
  readonly #auditPath: string | undefined
  readonly #pending = new PendingRequests()
  readonly #tally = new Tally()
  #keyPair: KeyPair | undefined
  #audit: AuditTrail | undefined
  #entrances: Entrances | undefined
  #listening: Promise<void> | undefined
  #closed: Promise<void> | undefined
  // One after the other.
  #reloads: Promise<void> = Promise.resolve()

  /**
   * @param options - see {@link IndexServerOptions}
   * @throws {@link BitTrickleError} `INVALID_OPTION`, which names the option and the value received
   */
  constructor(options: IndexServerOptions = {}) {
    super()
    this.#host = resolveHost(options.host)
    this.#port = resolvePort(options.port)
    this.#dataDir = resolveDataDir(options.dataDir)
    this.#classic = resolveClassic(options.classic)
    this.#heartbeat = resolveHeartbeat(options.heartbeat)
    this.#limits = resolveLimits(options.limits)
    this.#catalogue = options.store ?? makeStore(this.#dataDir)
    this.#logger = options.logger ?? silentLogger
    this.#clock = options.clock ?? systemClock
    this.#accounts = this.#makeAccounts(resolveCredentials(options.credentials))
    this.#revocations = new Revocations(this.#clock, () => this.#sessions.list())
    this.#auditPath = resolveAudit(options.audit)
    const limits = (): IndexLimits => this.#limits
    this.#sessions = new Sessions({
      clock: this.#clock,
      timeout: this.#heartbeat.timeout,
      get limit() {
        return limits().sessions
      },
      onExpired: (session) => this.#expired(session),
    })
  }

  /**
   * Reads the accounts and the key, opens the catalogue and takes requests.
   *
   * @throws {@link BitTrickleError} `INVALID_CREDENTIALS_FILE`, `DISK_ERROR`, `ADDRESS_IN_USE`, `INVALID_OPTION` for a host that is
   * not this machine's, `INVALID_STATE` when it was called before or after `close()`, `AUDIT_FOREIGN` and `AUDIT_BROKEN` for
   * an audit trail that cannot be gone on with; with a `dataDir` those of {@link SqliteStore.open}, too
   */
  listen(): Promise<void> {
    if (this.#listening !== undefined || this.#closed !== undefined) {
      throw new BitTrickleError(
        'INVALID_STATE',
        'listen() was called before; make a new IndexServer to start again.',
      )
    }
    this.#listening = this.#open()
    return this.#listening
  }

  async #open(): Promise<void> {
    // Not at the first login, which would hold up the others.
    const { Entrances, LoginThrottle } = await loadPart(() => import('./entrances.js'))
    await this.#accounts.open()
    // It makes the folder, too.
    const keyPair =
      this.#dataDir === undefined
        ? generateKeyPair(systemRandom)
        : await loadKeyPair(join(this.#dataDir, KEY_FILE))
    // The port first: whoever finds it taken has a catalogue that is open, too, and of the two that is the clearer word.
    const socket = await openUdpSocket({ host: this.#host, port: this.#port })
    try {
      this.#catalogue.onCommit?.((commit) => this.#emit('commit', commit))
      await this.#catalogue.open()
      await this.#beginAudit(formatKey(keyPair.publicKey))
    } catch (error) {
      await socket.close()
      throw error
    }
    this.#keyPair = keyPair
    this.#entrances = new Entrances(socket, {
      context: this.#context(keyPair, new LoginThrottle()),
      keyPair,
      classic: this.#classic,
    })
    this.#logger.info('listening', { address: formatAddress(socket.address) })
    this.#emit('listening', socket.address)
  }

  #makeAccounts(credentials: string | Authenticate): Accounts {
    if (typeof credentials === 'function') return accountsFrom(credentials)
    return new FileAccounts({
      path: credentials,
      clock: this.#clock,
      onChanged: (usernames) => {
        for (const username of usernames) this.#endSessionOf(username, 'account')
        this.#revocations.revoke(usernames)
      },
      onWarning: (message, cause) => {
        this.#logger.warn(message)
        this.#emit('warning', { message, cause })
      },
    })
  }

  async #beginAudit(key: string): Promise<void> {
    const path = this.#auditPath
    if (path === undefined) return
    const { AuditTrail } = await loadPart(() => import('./audit/audit-trail.js'))
    const onWarning = (message: string, cause: unknown): void => {
      this.#logger.error(message, { cause: String(cause) })
      this.#emit('warning', { message, cause })
    }
    const audit = new AuditTrail({ path, clock: this.#clock, onWarning })
    await audit.open(key)
    this.#audit = audit
  }

  #context({ secretKey }: KeyPair, throttle: LoginThrottle): HandlerContext {
    const limits = (): IndexLimits => this.#limits
    return {
      accounts: this.#accounts,
      revocations: this.#revocations,
      throttle,
      sessions: this.#sessions,
      catalogue: this.#catalogue,
      tickets: new TicketCache(new TicketSigner(secretKey), this.#clock),
      receipts: new ReceiptBook(this.#clock, this.#limits.requestsPerSecond, this.#limits.sessions),
      wantsReceipts: () => this.#auditPath !== undefined || this.listenerCount('receipt') > 0,
      pending: this.#pending,
      tally: this.#tally,
      heartbeat: this.#heartbeat,
      get limits() {
        return limits()
      },
      clock: this.#clock,
      logger: this.#logger,
      random: Math.random,
      emit: this.#emit.bind(this),
    }
  }

  /**
   * Takes what has changed around a running index: reads the accounts again, now rather than within a second; begins
   * another audit trail where the file of the old one was moved away; and takes other limits. What cannot be taken changes
   * nothing of the rest.
   *
   * @throws {@link BitTrickleError} `INVALID_OPTION`, `INVALID_CREDENTIALS_FILE`, and `AUDIT_FOREIGN`, `AUDIT_BROKEN` and
   * `DISK_ERROR` of a new trail: all goes on as before; `INVALID_STATE` where it does not listen
   */
  reload(options: ReloadOptions = {}): Promise<void> {
    const reload = this.#reloads.then(() => this.#reload(options))
    this.#reloads = reload.catch(() => {})
    return reload
  }

  async #reload({ limits }: ReloadOptions): Promise<void> {
    this.#assertListening()
    const resolved = limits === undefined ? this.#limits : resolveLimits(limits)
    const putAccountsIntoForce = await this.#accounts.readAgain()
    const isMoved = await this.#audit?.reopen()
    if (isMoved === true) this.#logger.info('another audit trail was begun')
    this.#limits = resolved
    putAccountsIntoForce()
  }

  /**
   * Resolves when requests are taken and the catalogue can be written, which is tried.
   *
   * @throws {@link BitTrickleError} `INVALID_STATE` where it does not listen; what the catalogue says, such as `DISK_ERROR`
   */
  async checkHealth(): Promise<void> {
    this.#assertListening()
    await this.#catalogue.probe?.()
  }

  #assertListening(): void {
    if (this.#entrances !== undefined && this.#closed === undefined) return
    const state = this.#closed === undefined ? 'does not listen yet' : 'has been closed'
    throw new BitTrickleError('INVALID_STATE', `The index ${state}.`)
  }

  /**
   * Takes no more requests, lets those be answered that are being worked on, for five seconds at most, ends the sessions and
   * closes the catalogue. Peers are told, and come back when there is an index again. May be called again.
   */
  close(): Promise<void> {
    this.#closed ??= this.#shutDown()
    return this.#closed
  }

  async #shutDown(): Promise<void> {
    await this.#listening?.catch(() => {})
    await this.#reloads
    this.#accounts.close()
    this.#revocations.close()
    this.#entrances?.drain()
    if (!(await this.#pending.settled(this.#clock, DRAIN_MS))) {
      this.#logger.warn('some requests were not answered')
    }
    for (const session of [...this.#sessions.list()]) this.#end(session, 'closed')
    await this.#entrances?.close()
    await this.#catalogue.close()
    await this.#audit?.close()
    this.#logger.info('closed')
    this.#emit('close')
  }

  /** Closes the index at the end of an `await using` block. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /**
   * The UDP address that it listens on.
   * @throws {@link BitTrickleError} `INVALID_STATE` before `listen()` has resolved
   */
  get address(): Address {
    if (this.#entrances === undefined) {
      throw new BitTrickleError('INVALID_STATE', 'The index has no address before listen() has resolved.')
    }
    return this.#entrances.address
  }

  /**
   * What a peer on this machine passes as `server`, with the key that it holds the index to. Elsewhere, put a name of
   * this machine in place of the host.
   * @throws {@link BitTrickleError} `INVALID_STATE` before `listen()` has resolved
   */
  get uri(): string {
    const { host, port } = this.address
    const isWildcard = host === '::' || host === '0.0.0.0'
    const authority = formatAddress({ host: isWildcard ? 'localhost' : host, port })
    const key = this.#keyPair === undefined ? '' : `?key=${formatKey(this.#keyPair.publicKey)}`
    return `bittrickle://${authority}${key}`
  }

  /** Who is logged in now. */
  peers(): PeerInfo[] {
    this.#sessions.expire()
    return [...this.#sessions.list()].map(({ username, address, loggedInAt }) => ({
      username,
      address,
      loggedInAt,
    }))
  }

  /** Figures of this moment. */
  stats(): IndexStats {
    this.#sessions.expire()
    return {
      sessions: this.#sessions.size,
      channels: this.#entrances?.channels ?? 0,
      publications: this.#catalogue.size,
      waitingWrites: this.#catalogue.waiting ?? 0,
      requests: this.#tally.requests(),
      datagrams: { ...this.#tally.datagrams },
    }
  }

  /** Ends the session of a user, if there is one, and the downloads that run. The user may log in again. */
  disconnect(username: string): void {
    this.#endSessionOf(username, 'disconnected')
    this.#revocations.revoke([username])
  }

  #endSessionOf(username: string, reason: LogoutEvent['reason']): void {
    const session = this.#sessions.find(username)
    if (session !== undefined) this.#end(session, reason)
  }

  #end(session: Session, reason: LogoutEvent['reason']): void {
    this.#sessions.end(session)
    // Of a shutdown the closing of its channel tells.
    if (reason === 'account' || reason === 'disconnected') session.notify?.({ type: 'ended', reason })
    const { username, address } = session
    this.#emit('logout', { username, address, at: new Date(this.#clock.now()), reason })
  }

  #expired({ username, address }: Session): void {
    this.#logger.info('expired', { address: formatAddress(address), user: username, outcome: 'silent' })
    this.#emit('expired', { username, address, at: new Date(this.#clock.now()) })
  }

  // The one place through which all events go.
  // A listener that throws is the app's fault: it must surface there, and not as a failed request of some peer.
  #emit<Name extends keyof IndexServerEvents>(
    name: Name,
    ...args: Parameters<IndexServerEvents[Name]>
  ): void {
    this.#audit?.note(name, ...args)
    try {
      this.emit(name, ...(args as never))
    } catch (error) {
      queueMicrotask(() => {
        throw error
      })
    }
  }
}

function makeStore(dataDir: string | undefined): CatalogueStore {
  return dataDir === undefined ? new MemoryStore() : new SqliteStore(join(dataDir, CATALOGUE_FILE))
}
