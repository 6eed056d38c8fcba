import { HASH_BYTES } from '../../content/block-tree.js'
import type { BitTrickleError } from '../../errors.js'
import { violation } from '../../transfer/frame-body.js'
import type { RequestHashesFrame } from '../../transfer/frames.js'
import { MAX_FRAME_HASHES } from '../../transfer/protocol.js'
import type { RequestLine } from './request-line.js'

/** The piece layer of one content that is asked of a source: in as many requests as it takes. */
export class LayerRequest {
  readonly #line: RequestLine<RequestHashesFrame>
  readonly #transfer: number
  readonly #pieceCount: number
  // What was asked for, by its first piece.
  readonly #asked = new Map<number, RequestHashesFrame>()
  #layer: Buffer = Buffer.alloc(0)
  #wanted: { resolve: (layer: Buffer) => void; reject: (error: BitTrickleError) => void } | undefined

  constructor(line: RequestLine<RequestHashesFrame>, transfer: number, pieceCount: number) {
    this.#line = line
    this.#transfer = transfer
    this.#pieceCount = pieceCount
  }

  /** Asks for all of it. It proves nothing until it is checked against the root. */
  ask(): Promise<Buffer> {
    this.#layer = Buffer.alloc(this.#pieceCount * HASH_BYTES)
    for (let first = 0; first < this.#pieceCount; first += MAX_FRAME_HASHES) {
      const count = Math.min(MAX_FRAME_HASHES, this.#pieceCount - first)
      const frame = { type: 'requestHashes', transfer: this.#transfer, first, count } as const
      this.#asked.set(first, frame)
      this.#line.ask(frame)
    }
    return new Promise((resolve, reject) => {
      this.#wanted = { resolve, reject }
    })
  }

  /** Takes a part of it. @throws {@link BitTrickleError} `PROTOCOL_ERROR` for one that was not asked for */
  take(first: number, hashes: Buffer): void {
    const asked = this.#asked.get(first)
    if (asked === undefined || hashes.length !== asked.count * HASH_BYTES) {
      throw violation('hashes that were not asked for')
    }
    this.#asked.delete(first)
    this.#line.settle(asked)
    hashes.copy(this.#layer, first * HASH_BYTES)
    if (this.#asked.size === 0) this.#wanted?.resolve(this.#layer)
  }

  /** Waits for nothing more of it. */
  end(reason: BitTrickleError): void {
    for (const frame of this.#asked.values()) this.#line.settle(frame)
    this.#asked.clear()
    this.#wanted?.reject(reason)
  }
}
