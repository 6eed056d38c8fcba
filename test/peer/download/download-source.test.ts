import { beforeEach, describe, expect, it } from 'vitest'
import { ContentLayout } from '../../../src/content/content-layout.js'
import type { BitTrickleError } from '../../../src/errors.js'
import type { WholePiece } from '../../../src/peer/download/asked-pieces.js'
import { DownloadSource } from '../../../src/peer/download/download-source.js'
import { JOIN_BYTES, JoinBuffers } from '../../../src/peer/download/join-buffers.js'
import type { TakenPiece } from '../../../src/peer/download/piece-scheduler.js'
import type { SourceOwner } from '../../../src/peer/download/source-owner.js'
import { TestContent } from '../../helpers/hostile-source.js'
import { ManualClock, settle } from '../../helpers/manual-clock.js'
import { FakeSource } from './fake-source.js'

const PIECE = 131_072

/** A download that takes note of all that a source tells it. */
class Owner implements SourceOwner {
  readonly told: string[] = []
  readonly written: string[] = []
  readonly wholes: WholePiece[] = []
  isWaiting = false
  wasted = 0
  received = 0
  next: TakenPiece[] = []
  /** What each write waits for. */
  gate: Promise<void> | undefined
  error: BitTrickleError | undefined

  isPaused = (): boolean => this.isWaiting
  ticket = (): string => 'a.b.c'

  takePiece(
    _source: DownloadSource,
    has: (piece: number) => boolean,
    mayShare: boolean,
  ): TakenPiece | undefined {
    const [taken] = this.next
    if (taken === undefined || !has(taken.piece) || (taken.isShared && !mayShare)) return undefined
    return this.next.shift()
  }
  async write(bytes: Buffer, position: number): Promise<undefined> {
    this.written.push(`${position}+${bytes.length}`)
    await this.gate
  }
  onReady(): void {
    this.told.push('ready')
  }
  onQueued(_source: DownloadSource, place: number): void {
    this.told.push(`place ${place}`)
  }
  onBytes(_source: DownloadSource, bytes: number): void {
    this.received += bytes
  }
  onWasted(bytes: number): void {
    this.wasted += bytes
  }
  async onPiece(_source: DownloadSource, whole: WholePiece): Promise<void> {
    this.told.push(`piece ${whole.piece}`)
    this.wholes.push(whole)
  }
  onReleased(_source: DownloadSource, piece: number): void {
    this.told.push(`released ${piece}`)
  }
  onEnd(_source: DownloadSource, error: BitTrickleError): void {
    this.told.push(`end ${error.code}`)
    this.error = error
  }
}

let clock: ManualClock
let owner: Owner
let fake: FakeSource
let source: DownloadSource
const alone = (...pieces: number[]): TakenPiece[] => pieces.map((piece) => ({ piece, isShared: false }))
const shared = (...pieces: number[]): TakenPiece[] => pieces.map((piece) => ({ piece, isShared: true }))

function make(served: TestContent, layout: ContentLayout = served.layout): void {
  clock = new ManualClock()
  owner = new Owner()
  fake = new FakeSource('hans', served, clock)
  const connect = () => fake.connect()
  const { record } = fake
  source = new DownloadSource({
    record,
    root: served.root,
    layout,
    buffers: new JoinBuffers(layout),
    clock,
    connect,
    owner,
  })
}

const served = new TestContent(8 * PIECE)
beforeEach(() => make(served))

async function begin(): Promise<void> {
  source.start()
  await clock.advance(5)
  expect(owner.told.splice(0)).toEqual(['ready'])
}

describe('a source of a download', () => {
  it('is asked, brings pieces, and is asked for more', async () => {
    await begin()
    owner.next = alone(0, 3)
    source.fill()
    expect(fake.asked).toEqual([0, 3])
    owner.next = alone(7)
    await clock.advance(1_000)
    expect(owner.told).toEqual(['piece 0', 'piece 3', 'piece 7'])
    expect(fake.log).toEqual([0, 3, 7])
    expect(owner.received).toBe(3 * PIECE)
    const [first] = owner.wholes
    expect(await first?.verify(served.content.pieces.subarray(0, 32))).toBe(true)
    source.close()
    expect(clock.timers).toBe(0)
  })

  it('is asked for two pieces that another was asked for too, at most; they wait in memory', async () => {
    await begin()
    owner.next = shared(0, 1, 2)
    source.fill()
    expect(fake.asked).toEqual([0, 1])
    await clock.advance(1_000)
    expect(owner.told).toEqual(['piece 0', 'piece 1', 'piece 2'])
    expect(owner.written).toEqual([])
    await owner.wholes[1]?.commit()
    expect(owner.written).toEqual([`${PIECE}+${PIECE}`])
    await owner.wholes[1]?.commit()
    expect(owner.written).toHaveLength(1)
  })

  it('that will not bring a piece is not asked for it again', async () => {
    await begin()
    fake.isStalled = true
    owner.next = alone(0, 1)
    source.fill()
    fake.listener?.onRefused(0, owner.error as never)
    await settle()
    expect(owner.told).toEqual(['released 0'])
    owner.next = alone(0)
    source.fill()
    expect(fake.log).toEqual([0, 1])
  })

  it('gives back what it was asked for when it ends, and tells that once', async () => {
    await begin()
    fake.isStalled = true
    owner.next = alone(0, 1)
    source.fill()
    const error = { code: 'SOURCE_LOST' } as BitTrickleError
    fake.end(error)
    source.end(error)
    await settle()
    expect(owner.told).toEqual(['end SOURCE_LOST', 'released 0', 'released 1'])
    source.fill()
    await source.cancel(0)
    expect(owner.told).toHaveLength(3)
    await expect(source.layer()).rejects.toMatchObject({ code: 'SOURCE_LOST' })
  })

  it('that was closed tells nothing more', async () => {
    await begin()
    owner.next = alone(0, 1)
    source.fill()
    source.close()
    await clock.advance(60_000)
    expect(owner.told).toEqual([])
    expect(fake.listener).toBeUndefined()
  })

  it('that cannot be reached says why', async () => {
    fake.refusal = new Error('so it is')
    source.start()
    await settle()
    expect(owner.told).toEqual(['end SOURCE_LOST'])
    expect(owner.error?.message).toContain('so it is')
  })

  it('takes nothing while the disk is behind or the rate is used up, and is not to blame for the silence', async () => {
    await begin()
    owner.next = alone(0, 1, 2, 3)
    source.fill()
    source.intake.pause()
    expect(fake.isPaused).toBe(true)
    let goOn = (): void => {}
    source.intake.throttle(new Promise((resolve) => (goOn = resolve)))
    source.intake.resume()
    expect(fake.isPaused).toBe(true)
    await clock.advance(600_000)
    source.tick()
    expect(owner.told).toEqual([])
    goOn()
    await settle()
    expect(fake.isPaused).toBe(false)
    await clock.advance(2_000)
    expect(owner.told).toHaveLength(4)
  })

  it('that ends while it must not send leaves the channel to others', async () => {
    await begin()
    source.intake.pause()
    source.close()
    expect(fake.isPaused).toBe(false)
  })

  it('counts what is of no use', async () => {
    await begin()
    fake.isStalled = true
    owner.next = alone(0, 1)
    source.fill()
    fake.listener?.onData(0, 0, Buffer.alloc(1_000))
    fake.listener?.onData(5, 0, Buffer.alloc(1_000))
    expect([owner.received, owner.wasted]).toEqual([1_000, 0])
    await source.cancel(0)
    await source.cancel(0)
    expect([owner.received, owner.wasted]).toEqual([1_000, 1_000])
    expect(fake.cancelled).toEqual([0])
  })
})

describe('what a source has begun to write', () => {
  // A piece as those of large files are: it is written in several parts.
  const pieceSize = 2 * JOIN_BYTES
  const large = Object.assign(new ContentLayout(pieceSize), { pieceSize, pieceCount: 1, pieceLevel: 7 })

  it.each<[string, number, () => Promise<void>]>([
    ['is taken back', JOIN_BYTES, () => source.cancel(0)],
    ['is lost with it', JOIN_BYTES, () => lose().then(() => source.cancel(0))],
    ['is whole', pieceSize, () => source.cancel(0)],
  ])('is waited for when the piece %s', async (_what, bytes, cancel) => {
    make(served, large)
    fake.isStalled = true
    await begin()
    let isWritten = (): void => {}
    owner.gate = new Promise((resolve) => (isWritten = resolve))
    owner.next = alone(0)
    source.fill()
    fake.listener?.onData(0, 0, Buffer.alloc(bytes))
    expect(owner.written.length).toBeGreaterThan(0)
    let isOver = false
    const over = cancel().then(() => {
      isOver = true
    })
    await settle()
    await settle()
    expect(isOver).toBe(false)
    expect(owner.told).not.toContain('released 0')
    isWritten()
    await over
  })

  async function lose(): Promise<void> {
    source.end({ code: 'SOURCE_LOST' } as BitTrickleError)
  }
})
