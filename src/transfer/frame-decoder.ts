import { checkBodyLength, decodeBody, decodeDataHeader, violation } from './frame-body.js'
import type { DataPart, DataPlace, Frame } from './frames.js'
import { DATA_HEADER_BYTES, FRAME_HEADER_BYTES, FrameType } from './protocol.js'

/** Whom a {@link FrameDecoder} tells what came. */
export interface FrameHandler {
  onFrame(frame: Frame): void
  /** Called for every stretch of the bytes of a data frame, in order. */
  onData(part: DataPart): void
  /** See {@link FrameDecoder.room}. */
  room?(place: DataPlace): Buffer | undefined
}

/**
 * Reads frames out of bytes that come in any division. It holds no more than one frame that is not data, and of data
 * nothing: its bytes are handed on as they come.
 */
export class FrameDecoder {
  readonly #handler: FrameHandler
  // What came of a header or a frame that is not whole yet.
  #held = Buffer.allocUnsafe(DATA_HEADER_BYTES)
  #heldBytes = 0
  #needed: number = FRAME_HEADER_BYTES
  // The data frame whose bytes are coming, where in the piece the next belong, and how many are still to come.
  #data: DataPlace | undefined
  #dataOffset = 0
  #dataLeft = 0
  #failure: unknown

  constructor(handler: FrameHandler) {
    this.#handler = handler
  }

  /** Whether nothing is missing of a frame: an end of the stream here cuts nothing. */
  get isBetweenFrames(): boolean {
    return this.#heldBytes === 0 && this.#dataLeft === 0
  }

  /**
   * Takes the next bytes of the stream. They may be written over when this has returned.
   *
   * @throws {@link BitTrickleError} `PROTOCOL_ERROR` for what is no frame, or whatever the handler throws. Then the
   * stream cannot be read any further: every later call throws the same.
   */
  push(bytes: Buffer): void {
    if (this.#failure !== undefined) throw this.#failure
    try {
      let at = 0
      while (at < bytes.length) at = this.#dataLeft > 0 ? this.#passData(bytes, at) : this.#collect(bytes, at)
    } catch (error) {
      this.#failure = error ?? violation('what could not be handled')
      this.#held = Buffer.alloc(0)
      throw this.#failure
    }
  }

  /**
   * Where the next bytes of the stream may be put before they are pushed, so that nobody has to copy them: they are of a
   * data frame, and whoever gets them has a room for them.
   */
  room(): Buffer | undefined {
    if (this.#data === undefined || this.#dataLeft === 0 || this.#failure !== undefined) return undefined
    const { transfer, request, piece } = this.#data
    const room = this.#handler.room?.({ transfer, request, piece, offset: this.#dataOffset })
    return room?.subarray(0, this.#dataLeft)
  }

  #passData(bytes: Buffer, at: number): number {
    const end = Math.min(bytes.length, at + this.#dataLeft)
    if (this.#data === undefined) return end
    const { transfer, request, piece } = this.#data
    const offset = this.#dataOffset
    // Mostly a whole record, and making a view of it would cost more than looking.
    const part = end - at === bytes.length ? bytes : bytes.subarray(at, end)
    this.#dataOffset += end - at
    this.#dataLeft -= end - at
    this.#handler.onData({ transfer, request, piece, offset, bytes: part })
    return end
  }

  #collect(bytes: Buffer, at: number): number {
    // Mostly all is there, and nothing needs to be held.
    if (this.#heldBytes === 0 && bytes.length - at >= this.#needed) {
      const end = at + this.#needed
      return this.#take(bytes.subarray(at, end)) ? end : at
    }
    const end = Math.min(bytes.length, at + this.#needed - this.#heldBytes)
    this.#makeRoom()
    this.#heldBytes += bytes.copy(this.#held, this.#heldBytes, at, end)
    if (this.#heldBytes === this.#needed && this.#take(this.#held.subarray(0, this.#needed)))
      this.#heldBytes = 0
    return end
  }

  /** @returns whether these bytes are done with; otherwise more is needed, and they begin it */
  #take(bytes: Buffer): boolean {
    const type = bytes[4] ?? 0
    if (bytes.length === FRAME_HEADER_BYTES) {
      // The length counts the type.
      const length = bytes.readUInt32BE(0) - 1
      checkBodyLength(type, length)
      this.#needed = type === FrameType.Data ? DATA_HEADER_BYTES : FRAME_HEADER_BYTES + length
      if (length > 0) return false
    }
    this.#needed = FRAME_HEADER_BYTES
    const body = bytes.subarray(FRAME_HEADER_BYTES)
    if (type === FrameType.Data) {
      this.#dataLeft = bytes.readUInt32BE(0) - (DATA_HEADER_BYTES - 4)
      const header = decodeDataHeader(body, this.#dataLeft)
      this.#data = header
      this.#dataOffset = header.offset
    } else {
      this.#handler.onFrame(decodeBody(type, body))
    }
    return true
  }

  // A long frame is rare: its room is not kept for the next.
  #makeRoom(): void {
    const room = Math.max(DATA_HEADER_BYTES, this.#needed)
    if (this.#held.length === room) return
    const held = Buffer.allocUnsafe(room)
    this.#held.copy(held, 0, 0, this.#heldBytes)
    this.#held = held
  }
}
