import { Bitfield } from '../../../src/content/bitfield.js'
import type { ContentLayout } from '../../../src/content/content-layout.js'
import type { ContentSink } from '../../../src/peer/download/content-sink.js'

/** A sink in memory, which does what a test says. */
export class MemorySink implements ContentSink {
  readonly pieces: Bitfield
  readonly bytes: Buffer
  isChecked = true
  /** Waited for by each write, behind which the bytes are there. */
  gate: ((position: number) => Promise<void>) | undefined
  /** What happens while the pieces that are there are looked at. */
  onCheck: () => Promise<void> = async () => {}

  constructor(layout: ContentLayout) {
    this.pieces = new Bitfield(layout.pieceCount)
    this.bytes = Buffer.alloc(layout.size)
  }

  async check(): Promise<void> {
    await this.onCheck()
    this.isChecked = true
  }

  async write(bytes: Buffer, position: number): Promise<undefined> {
    bytes.copy(this.bytes, position)
    await this.gate?.(position)
  }

  async add(piece: number): Promise<void> {
    this.pieces.add(piece)
  }
}
