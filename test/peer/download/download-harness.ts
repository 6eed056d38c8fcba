import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Clock, systemClock } from '../../../src/clock.js'
import { WriteThread } from '../../../src/content/write-thread.js'
import type { SourceRecord } from '../../../src/index.js'
import { Download, type DownloadControl, type LostSource } from '../../../src/peer/download/download.js'
import { fetchSealed, type SealedLocation } from '../../../src/peer/download/sealed-download.js'
import { SourceChannels } from '../../../src/peer/download/source-channels.js'
import { prepareTarget, type Target } from '../../../src/peer/download/target.js'
import { RateLimit } from '../../../src/peer/rate-limit.js'
import { type Certificate, makeCertificate } from '../../../src/transfer/certificate.js'
import { HostileSource, type Misbehaviour, TestContent } from '../../helpers/hostile-source.js'
import { SeededRandom } from '../../helpers/lossy-network.js'

const certificate: Certificate = await makeCertificate()

/** What a harness is to be. */
export interface DownloadHarnessOptions {
  readonly seed?: number
  readonly clock?: Clock
  /** Bytes a second. */
  readonly downloadRate?: number
}

/** The downloading end of real connections on loopback, and an index that names the sources that a test adds. */
export class DownloadHarness implements AsyncDisposable {
  readonly served: TestContent
  readonly folder: string
  readonly random: SeededRandom
  readonly clock: Clock
  readonly channels: SourceChannels
  /** Whom the index names. */
  named: SourceRecord[] = []
  /** What the index answers in place of that. */
  failure: Error | undefined
  /** How often the index was asked. */
  locates = 0
  readonly warnings: string[] = []
  readonly lost: LostSource[] = []
  readonly #rate: number | undefined
  readonly #sources: HostileSource[] = []
  readonly #thread = new WriteThread()
  readonly #downloads: Download[] = []

  private constructor(served: TestContent, folder: string, options: DownloadHarnessOptions) {
    this.served = served
    this.folder = folder
    this.random = new SeededRandom(options.seed ?? 1)
    this.clock = options.clock ?? systemClock
    this.#rate = options.downloadRate
    this.channels = new SourceChannels({ clock: this.clock, certificate: async () => certificate })
  }

  static async start(size: number | Buffer, options: DownloadHarnessOptions = {}): Promise<DownloadHarness> {
    const folder = await mkdtemp(join(tmpdir(), 'bittrickle-'))
    return new DownloadHarness(new TestContent(size), folder, options)
  }

  /** Adds a source, which the index names from now on. */
  async source(
    username: string,
    misbehaviour: Misbehaviour = {},
    served = this.served,
  ): Promise<HostileSource> {
    const source = await HostileSource.start(username, served, misbehaviour)
    this.#sources.push(source)
    this.named.push(source.record)
    return source
  }

  location(): SealedLocation {
    const { root, content } = this.served
    return { sources: [...this.named], root, size: content.size, ticket: `ticket.${this.locates}.` }
  }

  target(): Promise<Target> {
    return prepareTarget(this.folder, 'a.bin', true)
  }

  /** Begins a download to `a.bin`. */
  get(): Download {
    const download = new Download('a.bin', async (control) => {
      const size = await this.#run(control)
      return { name: 'a.bin', path: join(this.folder, 'a.bin'), size }
    })
    download.on('sourceLost', (lost) => this.lost.push(lost))
    this.#downloads.push(download)
    return download
  }

  async #run(control: DownloadControl): Promise<number> {
    return fetchSealed({
      name: 'a.bin',
      target: await this.target(),
      overwrite: false,
      location: this.location(),
      locate: async () => {
        this.locates++
        if (this.failure !== undefined) throw this.failure
        return this.location()
      },
      channels: this.channels,
      thread: this.#thread,
      rate: new RateLimit(this.#rate),
      clock: this.clock,
      random: () => this.random.fraction(),
      control,
      onWarning: (message) => this.warnings.push(message),
    })
  }

  /** Who was given up, and with which code. */
  get losses(): string[] {
    return this.lost.map(({ source, reason }) => `${source.username} ${(reason as { code?: string }).code}`)
  }

  files(): Promise<string[]> {
    return readdir(this.folder).then((names) => names.sort())
  }

  /** Whether the file is there, and right. */
  async isRight(): Promise<boolean> {
    return (await readFile(join(this.folder, 'a.bin'))).equals(this.served.bytes)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const download of this.#downloads) download.cancel()
    await Promise.allSettled(this.#downloads.map(({ done }) => done))
    await this.channels.close()
    await this.#thread.end()
    for (const source of this.#sources) await source.vanish()
    await rm(this.folder, { recursive: true, force: true })
  }
}
