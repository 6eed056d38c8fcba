import type { FileHandle } from 'node:fs/promises'
import { writeDataHeader } from '../../transfer/frame-encoder.js'
import type { RangeOfPiece } from '../../transfer/frames.js'
import { DATA_HEADER_BYTES } from '../../transfer/protocol.js'

/** Bytes of one request that go out in one frame. */
interface Part {
  readonly range: RangeOfPiece
  /** Where in the piece they begin. */
  readonly offset: number
  readonly length: number
}

/**
 * Data frames that are read in one go and sent in one go, whatever requests they belong to: to go to the disk and to
 * wake the other end costs as much for few bytes as for many.
 */
export class DataFrames {
  readonly parts: Part[] = []
  readonly #most: number
  #length = 0
  #position = 0
  #bytes: Buffer = Buffer.alloc(0)

  /** @param most - bytes, besides the headers of the frames */
  constructor(most: number) {
    this.#most = most
  }

  /** Bytes, besides the headers of the frames. */
  get length(): number {
    return this.#length
  }

  /** Bytes, with the headers. */
  get size(): number {
    return this.#length + this.parts.length * DATA_HEADER_BYTES
  }

  /** The frames, once they were read. */
  get bytes(): Buffer {
    return this.#bytes
  }

  /**
   * Adds as much of a request as there is room for, if that follows in the file on what is here already.
   *
   * @param sent - what was sent of it before
   * @param position - of the request in the file
   * @returns whether there may be more
   */
  add(range: RangeOfPiece, sent: number, position: number): boolean {
    const start = position + sent
    if (this.parts.length === 0) this.#position = start
    if (start !== this.#position + this.#length) return false
    const length = Math.min(range.length - sent, this.#most - this.#length)
    if (length === 0) return false
    this.parts.push({ range, offset: range.offset + sent, length })
    this.#length += length
    return this.#length < this.#most
  }

  /**
   * Reads the bytes, each part behind the header of its frame.
   *
   * @param room - of {@link DataFrames.size}
   * @returns false when the file ends before
   */
  async read(file: FileHandle, room: Buffer): Promise<boolean> {
    this.#bytes = room
    let at = 0
    const targets = this.parts.map((part) => {
      writeDataHeader(room.subarray(at), { ...part.range, offset: part.offset, length: part.length })
      const begin = at + DATA_HEADER_BYTES
      at = begin + part.length
      return room.subarray(begin, at)
    })
    const { bytesRead } = await file.readv(targets, this.#position)
    return bytesRead === this.#length
  }

  /** The frames of some requests alone. */
  only(isWanted: (range: RangeOfPiece) => boolean): DataFrames {
    if (this.parts.every(({ range }) => isWanted(range))) return this
    const wanted = new DataFrames(this.#most)
    const frames: Buffer[] = []
    let at = 0
    for (const part of this.parts) {
      const end = at + DATA_HEADER_BYTES + part.length
      if (isWanted(part.range)) {
        wanted.parts.push(part)
        wanted.#length += part.length
        frames.push(this.#bytes.subarray(at, end))
      }
      at = end
    }
    wanted.#bytes = Buffer.concat(frames)
    return wanted
  }
}
