import { beforeEach, describe, expect, it } from 'vitest'
import { MAX_PAYLOAD_BYTES } from '../../src/channel/protocol.js'
import { BitTrickleError, type ErrorCode } from '../../src/errors.js'
import { CLOSE_MS, GATHER_MS, MAX_KEPT_RECEIPTS, type Receipt, Receipts } from '../../src/peer/receipts.js'
import { decodeRequest, encodeRequest } from '../../src/wire/codec.js'
import type { ReceiptRequest } from '../../src/wire/messages.js'
import { SeededRandom } from '../helpers/lossy-network.js'
import { ManualClock } from '../helpers/manual-clock.js'

const ROOT = 'r'.repeat(42).concat('A')

let clock: ManualClock
let sent: ReceiptRequest[]
/** What the index answers next; nothing: it takes all. */
let refusals: BitTrickleError[]
let receipts: Receipts

beforeEach(() => {
  clock = new ManualClock()
  sent = []
  refusals = []
  receipts = new Receipts({
    clock,
    random: new SeededRandom(1),
    send: async (request) => {
      expect(encodeRequest(request).length).toBeLessThanOrEqual(MAX_PAYLOAD_BYTES)
      expect(decodeRequest(encodeRequest(request))).toEqual(request)
      sent.push(request)
      const refusal = refusals.shift()
      if (refusal !== undefined) throw refusal
    },
  })
})

const make = (bytes: number, other: Partial<Receipt> = {}): Receipt => ({
  way: 'received',
  peer: 'yoda',
  root: ROOT,
  bytes,
  ms: 12.4,
  outcome: 'done',
  ...other,
})
const add = (count: number, from = 0): void => {
  for (let index = 0; index < count; index++) receipts.add(make(from + index))
}
const told = (): number[] => sent.flatMap((message) => message.receipts.map(({ bytes }) => bytes))
const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index)
const refusal = (code: ErrorCode, retryAfter?: number): BitTrickleError =>
  new BitTrickleError(code, 'no', retryAfter === undefined ? {} : { retryAfter })

describe('receipts', () => {
  it('are told after a second, together, each with how it went', async () => {
    receipts.online(true)
    receipts.add(make(1))
    await clock.advance(GATHER_MS / 2)
    receipts.add(make(2, { outcome: 'aborted' }))
    receipts.add(make(3, { outcome: { failed: 'SOURCE_LOST' } }))
    expect(sent).toEqual([])
    await clock.advance(GATHER_MS / 2)
    const common = { root: ROOT, ms: 12 }
    expect(sent).toEqual([
      {
        type: 'receipt',
        id: expect.any(String),
        way: 'received',
        peer: 'yoda',
        receipts: [
          { ...common, bytes: 1 },
          { ...common, bytes: 2, outcome: 'aborted' },
          { ...common, bytes: 3, outcome: 'failed', code: 'SOURCE_LOST' },
        ],
      },
    ])
    expect(clock.timers).toBe(0)
  })

  it('of 2,000 small files take no more than 200 messages, each once, in order', async () => {
    receipts.online(true)
    for (const file of numbers(2_000)) {
      receipts.add(make(file))
      // Faster than any network brings them, or slower.
      if (file % 50 === 0) await clock.advance(3)
    }
    await clock.advance(2 * GATHER_MS)
    expect(told()).toEqual(numbers(2_000))
    expect(sent.length).toBeLessThanOrEqual(200)
    expect(new Set(sent.map(({ id }) => id)).size).toBe(sent.length)
  })

  it('that trickle in while others are on their way are not told one by one', async () => {
    receipts.online(true)
    for (const file of numbers(160)) {
      receipts.add(make(file))
      await clock.advance(1)
    }
    await clock.advance(GATHER_MS)
    expect(told()).toEqual(numbers(160))
    expect(sent.length).toBeLessThan(16)
  })

  it('of each user and way go by themselves', async () => {
    receipts.online(true)
    receipts.add(make(1))
    receipts.add(make(2, { way: 'sent' }))
    receipts.add(make(3, { peer: 'vader' }))
    receipts.add(make(4))
    await clock.advance(GATHER_MS)
    expect(sent.map(({ way, peer, receipts }) => [way, peer, receipts.map(({ bytes }) => bytes)])).toEqual([
      ['received', 'yoda', [1, 4]],
      ['sent', 'yoda', [2]],
      ['received', 'vader', [3]],
    ])
  })

  it('with the longest names and numbers fit the datagram', async () => {
    receipts.online(true)
    const peer = '"'.repeat(64)
    for (let index = 0; index < 32; index++) {
      const outcome = { failed: 'X'.repeat(32) }
      receipts.add(make(Number.MAX_SAFE_INTEGER, { peer, ms: Number.MAX_SAFE_INTEGER, outcome }))
    }
    await clock.advance(GATHER_MS)
    expect(told()).toHaveLength(32)
  })

  it('wait for an index that is away, up to a number, and the rest is counted', async () => {
    receipts.online(true)
    receipts.offline()
    add(MAX_KEPT_RECEIPTS + 3)
    await clock.advance(10 * GATHER_MS)
    expect(sent).toEqual([])
    receipts.online(true)
    await clock.advance(0)
    expect(told()).toEqual(numbers(MAX_KEPT_RECEIPTS))
    expect(sent.map(({ lost }) => lost).filter((lost) => lost !== undefined)).toEqual([3])
    expect(clock.timers).toBe(0)
  })

  it('that were not answered are repeated as they were when the index is back', async () => {
    receipts.online(true)
    refusals = [refusal('INDEX_UNREACHABLE')]
    add(2)
    await clock.advance(GATHER_MS)
    add(1, 2)
    await clock.advance(GATHER_MS)
    expect(sent).toHaveLength(1)
    receipts.online(true)
    await clock.advance(GATHER_MS)
    expect(sent[1]).toEqual(sent[0])
    expect(told().slice(2)).toEqual([0, 1, 2])
    expect(sent[2]?.id).not.toBe(sent[1]?.id)
  })

  it('that are too many wait as long as the index says', async () => {
    receipts.online(true)
    refusals = [refusal('RATE_LIMITED', 5_000)]
    add(1)
    await clock.advance(GATHER_MS + 4_000)
    add(40, 1)
    await clock.advance(999)
    expect(sent).toHaveLength(1)
    await clock.advance(1)
    expect(sent[1]).toEqual(sent[0])
    await clock.advance(10_000)
    expect(told()).toEqual([0, ...numbers(41)])
  })

  it('that the index cannot read are counted as lost, and the others are told', async () => {
    receipts.online(true)
    refusals = [refusal('INVALID_OPTION')]
    add(3)
    receipts.add(make(7, { peer: 'vader' }))
    await clock.advance(GATHER_MS)
    expect(sent[1]).toMatchObject({ peer: 'vader', lost: 3 })
    expect(sent).toHaveLength(2)
  })

  it('are not sent, nor kept, for an index that does not ask for them or does not know them', async () => {
    add(2)
    receipts.online(false)
    add(2)
    await clock.advance(GATHER_MS)
    expect(sent).toEqual([])
    receipts.online(true)
    refusals = [refusal('NOT_SUPPORTED')]
    add(2)
    await clock.advance(GATHER_MS)
    add(2)
    await clock.advance(GATHER_MS)
    expect(sent).toHaveLength(1)
    expect(clock.timers).toBe(0)
  })

  it('that are there when the peer closes are sent first', async () => {
    receipts.online(true)
    add(20)
    const closed = receipts.close()
    add(1, 20)
    await clock.advance(0)
    await closed
    expect(told()).toEqual(numbers(21))
    add(1)
    expect(clock.timers).toBe(0)
  })

  it('do not hold up the close of a peer whose index does not answer', async () => {
    const silent = new Receipts({ clock, send: () => new Promise(() => {}) })
    silent.online(true)
    silent.add(make(1))
    let isClosed = false
    void silent.close().then(() => {
      isClosed = true
    })
    await clock.advance(CLOSE_MS - 1)
    expect(isClosed).toBe(false)
    await clock.advance(1)
    expect(isClosed).toBe(true)
    expect(clock.timers).toBe(0)
  })
})
