import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { BitTrickleError } from '../../../src/errors.js'
import { LayerRequest } from '../../../src/peer/download/layer-request.js'
import { RequestLine } from '../../../src/peer/download/request-line.js'
import type { RequestHashesFrame } from '../../../src/transfer/frames.js'
import { MAX_FRAME_HASHES } from '../../../src/transfer/protocol.js'
import { settle } from '../../helpers/manual-clock.js'

const PIECES = MAX_FRAME_HASHES + 5

/** A request for a layer that takes two frames, of a source that answers one of them at a time. */
function ask() {
  const sent: RequestHashesFrame[] = []
  const line = new RequestLine<RequestHashesFrame>((frame) => sent.push(frame))
  line.open(1)
  const request = new LayerRequest(line, 7, PIECES)
  return { line, request, sent, layer: request.ask() }
}

describe('a request for a piece layer', () => {
  it('is as many frames as it takes, of which the source is asked as many at a time as it answers', async () => {
    const { request, sent, layer } = ask()
    const hashes = randomBytes(32 * PIECES)
    let isWhole = false
    void layer.then(() => {
      isWhole = true
    })
    const frame = { type: 'requestHashes', transfer: 7 }
    expect(sent).toEqual([{ ...frame, first: 0, count: MAX_FRAME_HASHES }])
    request.take(0, hashes.subarray(0, 32 * MAX_FRAME_HASHES))
    await settle()
    expect(isWhole).toBe(false)
    expect(sent.slice(1)).toEqual([{ ...frame, first: MAX_FRAME_HASHES, count: 5 }])
    request.take(MAX_FRAME_HASHES, hashes.subarray(32 * MAX_FRAME_HASHES))
    expect(await layer).toEqual(hashes)
  })

  it('leaves the line to others when nobody waits for it any more', async () => {
    const { line, request, sent, layer } = ask()
    const reason = new BitTrickleError('ABORTED', 'Enough.')
    request.end(reason)
    await expect(layer).rejects.toBe(reason)
    const other = { type: 'requestHashes', transfer: 8, first: 0, count: 1 } as const
    line.ask(other)
    expect(sent.slice(1)).toEqual([other])
    expect(() => request.take(0, randomBytes(32 * MAX_FRAME_HASHES))).toThrow(
      expect.objectContaining({ code: 'PROTOCOL_ERROR' }),
    )
  })
})
