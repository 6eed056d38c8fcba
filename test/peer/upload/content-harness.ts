import { randomBytes } from 'node:crypto'
import type { Duplex } from 'node:stream'
import { BitTrickleError } from '../../../src/errors.js'
import type { Receipt } from '../../../src/peer/receipts.js'
import { ContentServer } from '../../../src/peer/upload/content-server.js'
import type { ServedContent } from '../../../src/peer/upload/content-source.js'
import type { Upload } from '../../../src/peer/upload/upload.js'
import { type Certificate, makeCertificate } from '../../../src/transfer/certificate.js'
import { GOODBYE_MS } from '../../../src/transfer/limits.js'
import { RevokedUsers } from '../../../src/transfer/revoked-users.js'
import { type TicketClaims, TicketSigner, TicketVerifier } from '../../../src/transfer/ticket.js'
import { connectSecurely } from '../../../src/transfer/tls.js'
import { makeDuplexPair } from '../../helpers/duplex-pair.js'
import { HostileReceiver } from '../../helpers/hostile-receiver.js'
import { ManualClock } from '../../helpers/manual-clock.js'
import { Asker } from './asker.js'
import { MemoryContent } from './memory-content.js'

const signer = new TicketSigner(randomBytes(32))
const [certificate, asking] = await Promise.all([makeCertificate(), makeCertificate()])

/** What a test may want otherwise. */
export interface ContentHarnessOptions {
  readonly slots?: number
  readonly rate?: number
}

/** A content server on loopback, an index that signs tickets, and askers of the user "hans". */
export class ContentHarness implements AsyncDisposable {
  /** What tickets are verified with, Base64url. */
  static readonly ticketKey = signer.publicKey
  readonly clock = new ManualClock()
  readonly contents: ServedContent[] = []
  readonly uploads: Upload[] = []
  readonly receipts: Receipt[] = []
  readonly changed: ServedContent[] = []
  readonly warnings: { readonly message: string; readonly cause: unknown }[] = []
  readonly tickets = new TicketVerifier(signer.publicKey)
  readonly revoked = new RevokedUsers()
  isLoggedIn = true
  readonly server: ContentServer
  port = 0
  readonly #askers: Asker[] = []
  readonly #hostile: HostileReceiver[] = []

  private constructor({ slots = 5, rate }: ContentHarnessOptions) {
    this.server = new ContentServer({
      certificate,
      slots,
      rate,
      clock: this.clock,
      source: { find: (root) => this.contents.find(({ content }) => content.root.equals(root)) },
      verifier: () => (this.isLoggedIn ? this.tickets : undefined),
      revoked: this.revoked,
      onUpload: (upload) => this.uploads.push(upload),
      onReceipt: (receipt) => this.receipts.push(receipt),
      onChanged: (served) => this.changed.push(served),
      onWarning: (message, cause) => this.warnings.push({ message, cause }),
    })
  }

  static async start(options: ContentHarnessOptions = {}): Promise<ContentHarness> {
    const harness = new ContentHarness(options)
    harness.port = (await harness.server.listen('127.0.0.1', 0)).port
    return harness
  }

  /** Publishes random bytes. */
  publish(name: string, size: number): MemoryContent {
    const served = new MemoryContent(name, randomBytes(size))
    this.contents.push(served)
    return served
  }

  /** A ticket of the index for the asker. */
  ticket(
    { content }: ServedContent,
    other: Partial<TicketClaims> & { age?: number; by?: TicketSigner } = {},
  ): string {
    const { age = 0, by = signer, ...claims } = other
    const root = content.root.toString('base64url')
    const own = { username: 'hans', fingerprint: asking.fingerprint, root, size: content.size }
    return by.sign({ ...own, ...claims }, this.clock.now() - age)
  }

  /** An asker over TLS. */
  async connect(as: Certificate = asking): Promise<Asker> {
    const address = { host: '127.0.0.1', port: this.port }
    const { stream, read } = await connectSecurely(
      address,
      as,
      certificate.fingerprint,
      new AbortController().signal,
    )
    return this.#add(new Asker({ stream, read }, this.clock))
  }

  /** A receiver over TLS that keeps to no rules. */
  async connectHostile(as: Certificate = asking): Promise<HostileReceiver> {
    const address = { host: '127.0.0.1', port: this.port }
    const { signal } = new AbortController()
    const { stream, read } = await connectSecurely(address, as, certificate.fingerprint, signal)
    const receiver = new HostileReceiver(stream, read)
    this.#hostile.push(receiver)
    return receiver
  }

  /** An asker over a connection in memory, in which nothing moves that is not read. */
  connectInMemory(): Asker {
    return this.#add(new Asker({ stream: this.#serveInMemory() }, this.clock))
  }

  /** A receiver over a connection in memory that keeps to no rules. */
  connectHostileInMemory(): HostileReceiver {
    const receiver = new HostileReceiver(this.#serveInMemory())
    this.#hostile.push(receiver)
    return receiver
  }

  #serveInMemory(): Duplex {
    const [ours, theirs] = makeDuplexPair()
    const receiver = { host: '127.0.0.1', port: 1 }
    this.server.serve({ stream: ours, fingerprint: asking.fingerprint, receiver })
    return theirs
  }

  #add(asker: Asker): Asker {
    this.#askers.push(asker)
    return asker
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { channel } of this.#askers) channel.close()
    for (const receiver of this.#hostile) receiver.close()
    const closed = this.server.close()
    // Nobody waits for one that is stuck.
    await this.clock.advance(GOODBYE_MS)
    await closed
    await Promise.all(this.#askers.map(({ closed }) => closed))
  }
}

/** How an upload ended: "done", or the code of its error. */
export function endOf(upload: Upload | undefined): Promise<string> {
  if (upload === undefined) return Promise.resolve('there is none')
  return upload.done.then(
    () => 'done',
    (error) => (error instanceof BitTrickleError ? error.code : String(error)),
  )
}
