import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ContentLayout } from '../../../src/content/content-layout.js'
import { PieceHasher } from '../../../src/content/piece-hasher.js'
import { JoinBuffers } from '../../../src/peer/download/join-buffers.js'
import { PieceReceiver } from '../../../src/peer/download/piece-receiver.js'

const SIZE = 3 * 1_048_576 + 5_000

/** A receiver of the only piece of a content, and what it has written. */
function receive(size: number) {
  const layout = new ContentLayout(size)
  const written = Buffer.alloc(size)
  const buffers = new JoinBuffers(layout)
  const receiver = new PieceReceiver(layout, 0, {
    buffers,
    write: async (bytes, position) => {
      bytes.copy(written, position)
      return undefined
    },
  })
  return { layout, receiver, written }
}

function contentOf(size: number): Buffer {
  const bytes = Buffer.allocUnsafe(size)
  for (let at = 0; at < size; at++) bytes[at] = (at * 11 + (at >> 9)) & 255
  return bytes
}

describe('a piece on its way', () => {
  it('is right, whether its bytes are pushed or put into their room', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 131_072 }),
        fc.array(fc.tuple(fc.integer({ min: 1, max: 40_000 }), fc.boolean()), { minLength: 1, maxLength: 9 }),
        async (size, steps) => {
          const bytes = contentOf(size)
          const { layout, receiver, written } = receive(size)
          for (let at = 0, step = 0; at < size; step++) {
            const [most, inRoom] = steps[step % steps.length] ?? [1, false]
            const room = inRoom ? receiver.room() : undefined
            const length = Math.min(most, size - at, room?.length ?? most)
            const part = bytes.subarray(at, at + length)
            if (room !== undefined) part.copy(room)
            receiver.push(room?.subarray(0, length) ?? Buffer.from(part))
            at += length
          }
          const hash = new PieceHasher(layout, 0).update(bytes).digest()
          expect(receiver.isWhole).toBe(true)
          expect(await receiver.verify(hash)).toBe(true)
          expect(written.equals(bytes)).toBe(true)
        },
      ),
    )
  })

  it('has a room that ends where the piece does, and none when it is whole', () => {
    const { receiver } = receive(100_000)
    expect(receiver.room()?.length).toBe(100_000)
    receiver.push(Buffer.alloc(99_000))
    expect(receiver.room()?.length).toBe(1_000)
    receiver.push(Buffer.alloc(1_000))
    expect(receiver.room()).toBeUndefined()
  })

  it('takes another buffer for what comes behind the first', () => {
    const layout = new ContentLayout(SIZE * 2_048)
    const receiver = new PieceReceiver(layout, 0, {
      buffers: new JoinBuffers(layout),
      write: () => new Promise(() => {}),
    })
    const first = receiver.room()
    expect(first?.length).toBe(1_048_576)
    receiver.push(first ?? Buffer.alloc(0))
    expect(receiver.room()?.buffer).not.toBe(first?.buffer)
  })
})
