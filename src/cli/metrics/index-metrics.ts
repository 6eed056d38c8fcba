import { createRequire } from 'node:module'
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { IndexServer, IndexStats } from '../../index.js'

// A commit takes a millisecond on a good disk; seconds mean that peers are waiting.
const COMMIT_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/**
 * The figures of an index in the text of Prometheus. No label has a value that a stranger chooses: all come from closed
 * lists, so that their number is bounded.
 */
export class IndexMetrics {
  readonly #registry = new Registry()
  readonly #index: IndexServer

  constructor(index: IndexServer) {
    this.#index = index
    collectDefaultMetrics({ register: this.#registry })
    this.#addState()
    this.#addTraffic()
    this.#addEvents()
    this.#addCommits()
    this.#addBuild()
  }

  /** What the text is, for HTTP. */
  get contentType(): string {
    return this.#registry.contentType
  }

  /** All figures of this moment. */
  text(): Promise<string> {
    return this.#registry.metrics()
  }

  #addState(): void {
    this.#gauge('sessions', 'Users who are logged in.', ({ sessions }) => sessions)
    this.#gauge('channels', 'Sealed channels that are open, logged in or not.', ({ channels }) => channels)
    this.#gauge('publications', 'Names that are published, by all users.', ({ publications }) => publications)
    this.#gauge('store_queue', 'Writes that wait for the disk.', ({ waitingWrites }) => waitingWrites)
  }

  #addTraffic(): void {
    const index = this.#index
    new Counter({
      name: 'bittrickle_requests_total',
      help: 'Requests that were answered, by what was asked and how it went.',
      labelNames: ['request', 'outcome'],
      registers: [this.#registry],
      collect() {
        this.reset()
        for (const { request, outcome, count } of index.stats().requests)
          this.inc({ request, outcome }, count)
      },
    })
    this.#count('datagrams_received', 'Datagrams that came in.', ({ datagrams }) => datagrams.received)
    this.#count('datagrams_sent', 'Datagrams that went out.', ({ datagrams }) => datagrams.sent)
    this.#count(
      'received_bytes',
      'Bytes of the datagrams that came in.',
      ({ datagrams }) => datagrams.receivedBytes,
    )
    this.#count('sent_bytes', 'Bytes of the datagrams that went out.', ({ datagrams }) => datagrams.sentBytes)
  }

  #addEvents(): void {
    const index = this.#index
    const logins = this.#counter('logins', 'Sessions that began.')
    const loginFailures = this.#counter('login_failures', 'Logins that were refused, by reason.', 'reason')
    const sessionEnds = this.#counter('session_ends', 'Sessions that ended, by reason.', 'reason')
    const changes = this.#counter(
      'publication_changes',
      'Names published, published anew and unpublished.',
      'change',
    )
    const tickets = this.#counter('tickets', 'Permissions to fetch a content, renewals included.')
    const refusals = this.#counter('refusals', 'Requests that were refused, by code of the error.', 'code')
    const limited = this.#counter('limited', 'Who asked more often than is allowed, by what.', 'what')
    const warnings = this.#counter('warnings', 'Bad input, and outside services that failed.')
    index.on('login', () => logins.inc())
    index.on('loginFailed', ({ reason }) => loginFailures.inc({ reason }))
    index.on('logout', ({ reason }) => sessionEnds.inc({ reason }))
    index.on('expired', () => sessionEnds.inc({ reason: 'silent' }))
    for (const change of ['publish', 'republish', 'unpublish'] as const) {
      index.on(change, () => changes.inc({ change }))
    }
    index.on('ticket', () => tickets.inc())
    index.on('refused', ({ code }) => refusals.inc({ code }))
    index.on('limited', ({ what }) => limited.inc({ what }))
    index.on('warning', () => warnings.inc())
  }

  #addCommits(): void {
    const seconds = new Histogram({
      name: 'bittrickle_store_commit_seconds',
      help: 'How long the disk took for a commit of the catalogue.',
      buckets: COMMIT_SECONDS,
      registers: [this.#registry],
    })
    const writes = this.#counter('store_writes', 'Publishes and unpublishes that are on the disk.')
    const failures = this.#counter('store_commit_failures', 'Commits of the catalogue that failed.')
    this.#index.on('commit', ({ writes: count, ms, cause }) => {
      seconds.observe(ms / 1000)
      if (cause === undefined) writes.inc(count)
      else failures.inc()
    })
  }

  #addBuild(): void {
    const { version } = createRequire(import.meta.url)('bittrickle/package.json') as { version: string }
    new Gauge({
      name: 'bittrickle_build_info',
      help: 'Which release runs on which Node.js; always 1.',
      labelNames: ['version', 'node'],
      registers: [this.#registry],
    }).set({ version, node: process.version }, 1)
  }

  #counter(name: string, help: string, label?: string): Counter {
    const labelNames = label === undefined ? [] : [label]
    return new Counter({ name: `bittrickle_${name}_total`, help, labelNames, registers: [this.#registry] })
  }

  #gauge(name: string, help: string, read: (stats: IndexStats) => number): void {
    const index = this.#index
    new Gauge({
      name: `bittrickle_${name}`,
      help,
      registers: [this.#registry],
      collect() {
        this.set(read(index.stats()))
      },
    })
  }

  #count(name: string, help: string, read: (stats: IndexStats) => number): void {
    const index = this.#index
    new Counter({
      name: `bittrickle_${name}_total`,
      help,
      registers: [this.#registry],
      collect() {
        this.reset()
        this.inc(read(index.stats()))
      },
    })
  }
}
