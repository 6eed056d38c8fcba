import type { SourceRecord } from '../../../src/index.js'
import { type ContentDownloadOptions, downloadContent } from '../../../src/peer/download/content-download.js'
import { Download, type LostSource, type QueuedAtSource } from '../../../src/peer/download/download.js'
import { RateLimit } from '../../../src/peer/rate-limit.js'
import { TestContent } from '../../helpers/hostile-source.js'
import { SeededRandom } from '../../helpers/lossy-network.js'
import { ManualClock } from '../../helpers/manual-clock.js'
import { FakeSource, type FakeSourceOptions } from './fake-source.js'
import { MemorySink } from './memory-sink.js'

/** A download in the time of a manual clock, from sources that do as they are told. */
export class Simulation {
  readonly clock = new ManualClock()
  readonly served: TestContent
  readonly sink: MemorySink
  readonly random = new SeededRandom(1)
  readonly sources: FakeSource[] = []
  /** Whom the index names. */
  named: FakeSource[] = []
  failure: Error | undefined
  /** When the index was asked. */
  readonly locates: number[] = []
  readonly warnings: string[] = []
  readonly lost: LostSource[] = []
  readonly queued: QueuedAtSource[] = []
  readonly verified: number[] = []
  starts = 0
  /** How it ended: "done", or the error. */
  end: unknown
  download: Download | undefined

  constructor(size: number) {
    this.served = new TestContent(size)
    this.sink = new MemorySink(this.served.layout)
  }

  add(name: string, options: FakeSourceOptions = {}, served = this.served): FakeSource {
    const source = new FakeSource(name, served, this.clock, options)
    this.sources.push(source)
    this.named.push(source)
    return source
  }

  #location(): { sources: SourceRecord[]; ticket: string } {
    return { sources: this.named.map(({ record }) => record), ticket: `ticket ${this.locates.length}` }
  }

  start(): Download {
    const options: Omit<ContentDownloadOptions, 'control'> = {
      name: 'a.bin',
      root: this.served.root,
      layout: this.served.layout,
      sink: this.sink,
      location: this.#location(),
      rate: new RateLimit(undefined),
      clock: this.clock,
      random: () => this.random.fraction(),
      locate: async () => {
        this.locates.push(this.clock.monotonic())
        if (this.failure !== undefined) throw this.failure
        return this.#location()
      },
      connect: async ({ fingerprint }) => {
        const source = this.sources.find(({ record }) => record.fingerprint === fingerprint)
        if (source === undefined) throw new Error('there is no such source')
        return source.connect()
      },
      onWarning: (message) => this.warnings.push(message),
    }
    const download = new Download('a.bin', async (control) => {
      await downloadContent({ ...options, control })
      return { name: 'a.bin', path: 'a.bin', size: this.served.layout.size }
    })
    download.on('sourceLost', (lost) => this.lost.push(lost))
    download.on('queued', (queued) => this.queued.push(queued))
    download.on('verified', ({ piece }) => this.verified.push(piece))
    download.on('started', () => {
      this.starts++
    })
    download.done.then(
      () => {
        this.end = 'done'
      },
      (error) => {
        this.end = error
      },
    )
    this.download = download
    return download
  }

  /** Lets time pass until it has ended. @returns how long that took */
  async finish(most = 600_000): Promise<number> {
    const startedAt = this.clock.monotonic()
    while (this.end === undefined && this.clock.monotonic() - startedAt < most) await this.clock.advance(20)
    return this.clock.monotonic() - startedAt
  }

  /** Whether all that counts as there is right. */
  get isRight(): boolean {
    const { layout, bytes } = this.served
    for (let piece = 0; piece < layout.pieceCount; piece++) {
      const start = layout.pieceStart(piece)
      const end = start + layout.pieceLength(piece)
      const isThere = this.sink.pieces.has(piece)
      if (isThere && !this.sink.bytes.subarray(start, end).equals(bytes.subarray(start, end))) return false
    }
    return true
  }

  get losses(): string[] {
    return this.lost.map(({ source, reason }) => `${source.username} ${(reason as { code?: string }).code}`)
  }
}
