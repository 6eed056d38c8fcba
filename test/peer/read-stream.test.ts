import { randomBytes } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { Peer } from '../../src/index.js'
import { TestNetwork } from '../helpers/network.js'

describe('createReadStream', () => {
  it('reads what another peer offers, the whole or a part, and leaves nothing on the disk', async () => {
    await using network = await TestNetwork.start()
    const [hans, yoda] = [await network.join('hans'), await network.join('yoda')]
    const bytes = randomBytes(3_000_000)
    await hans.write('talk.mp4', bytes)
    await hans.peer.publish('talk.mp4')
    expect((await buffer(yoda.peer.createReadStream('talk.mp4'))).equals(bytes)).toBe(true)
    const part = await buffer(yoda.peer.createReadStream('talk.mp4', { start: 1_000_000, end: 1_999_999 }))
    expect(part.equals(bytes.subarray(1_000_000, 2_000_000))).toBe(true)
    const { root = '' } = await yoda.peer.locate('talk.mp4')
    const last = await buffer(
      yoda.peer.createReadStream('talk.mp4', { root, from: 'hans', start: 2_999_990 }),
    )
    expect(last.equals(bytes.subarray(2_999_990))).toBe(true)
    await expect(yoda.read('talk.mp4')).rejects.toMatchObject({ code: 'ENOENT' })
  })

  it('fails with what the index says', async () => {
    await using network = await TestNetwork.start()
    const yoda = await network.join('yoda')
    await expect(buffer(yoda.peer.createReadStream('nothing'))).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(buffer(yoda.peer.createReadStream('../x'))).rejects.toMatchObject({ code: 'INVALID_NAME' })
  })

  it('ends when the peer is closed, before and behind that', async () => {
    await using network = await TestNetwork.start()
    const [hans, yoda] = [await network.join('hans'), await network.join('yoda')]
    await hans.write('a', randomBytes(20_000_000))
    await hans.peer.publish('a')
    const stream = yoda.peer.createReadStream('a')
    const parts = stream.iterator()
    await parts.next()
    const closing = yoda.peer.close()
    await expect(parts.next()).rejects.toMatchObject({ code: 'CLOSED' })
    await closing
    expect(stream.closed).toBe(true)
    await expect(buffer(yoda.peer.createReadStream('a'))).rejects.toMatchObject({ code: 'CLOSED' })
  })

  it.each([
    [{ start: -1 }, /^start must be .* received -1/],
    [{ start: 1.5 }, /^start must be .* received 1.5/],
    [{ end: Number.NaN }, /^end must be .* received NaN/],
    [{ start: 5, end: 4 }, /^end must be .* received 4/],
  ])('refuses %o, which is no range', async (range, message) => {
    await using peer = new Peer({ server: '127.0.0.1', username: 'hans', password: 'x' })
    expect(() => peer.createReadStream('a', range)).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', message: expect.stringMatching(message) }),
    )
  })

  it('is not for the classic protocol, which cannot verify', async () => {
    await using peer = new Peer({ server: '127.0.0.1', username: 'hans', password: 'x', protocol: 'classic' })
    expect(() => peer.createReadStream('a')).toThrow(expect.objectContaining({ code: 'NOT_SUPPORTED' }))
  })
})
