/**
 * Begins to hand on what comes on a connection, instead of the stream's `data` events: views of one buffer that is used
 * over and over, or of the rooms where the bytes were put at once. A pause of the stream is followed by what had arrived
 * already, 320 KiB at most.
 *
 * @param room - where the next bytes may be put: memory that nobody else writes to until they were handed on; undefined
 * where they have no place of their own. Asked each time when what came was handed on
 */
export type ReadStream = (onBytes: (bytes: Buffer) => void, room?: () => Buffer | undefined) => void

// Node hands out TLS records one by one, however long the buffer, and none is longer.
const RECORD_BYTES = 16_384
// So much is handed on in one go at most: it stays in the cache of the processor until it is copied on.
const BATCH_BYTES = 262_144

/**
 * Reads TLS records to where they belong, or else into one buffer, since a new one for each record keeps the garbage
 * collector busier than all the rest; and hands on many records in one go, since what follows costs more for each call
 * than for the bytes.
 *
 * @param resume - lets the stream flow
 */
export function makeReader(resume: () => void) {
  const batch = Buffer.allocUnsafeSlow(BATCH_BYTES)
  // Where records go, and what of it has come and was not handed on.
  let target: Buffer = batch
  let start = 0
  let end = 0
  // A long frame may have begun: what follows its first record then has a room.
  let isLong = true
  let onBytes: ((bytes: Buffer) => void) | undefined
  let room: (() => Buffer | undefined) | undefined

  const flush = (): void => {
    // Nobody may be there to read: the source may speak first.
    if (onBytes === undefined || start === end) return
    const bytes = target.subarray(start, end)
    start = end
    onBytes(bytes)
  }
  // All that has come was handed on.
  const aim = (): void => {
    const next = room?.()
    if (next !== undefined && next.length >= RECORD_BYTES) {
      isLong = true
      target = next
    } else if (target !== batch) {
      // The frame ends within the next record, and what follows it may be as long.
      target = batch
    } else {
      isLong = false
      if (hasSpace()) return
    }
    start = 0
    end = 0
  }
  const hasSpace = (): boolean => end + RECORD_BYTES <= target.length
  return {
    onread: {
      callback: (length: number): boolean => {
        // At the end of this turn of the event loop, where it is not full before.
        if (start === end) setImmediate(flush)
        end += length
        return onBytes !== undefined
      },
      // Where the next record goes: the only moment at which that can change.
      buffer: (): Buffer => {
        const isDue = isLong && target === batch && end - start >= RECORD_BYTES
        if (isDue || !hasSpace()) {
          flush()
          aim()
        }
        return target.subarray(end, end + RECORD_BYTES)
      },
    },
    flush,
    read: ((given, givenRoom) => {
      // Not before who asks for them is ready, as with events.
      queueMicrotask(() => {
        onBytes = given
        room = givenRoom
        flush()
        resume()
      })
    }) satisfies ReadStream,
  }
}
