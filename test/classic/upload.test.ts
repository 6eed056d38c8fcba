import { rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { TestNetwork } from '../helpers/network.js'

// Both ends live in this process. A connection that is still here keeps a program from ending.
const openConnections = (): number =>
  process.getActiveResourcesInfo().filter((resource) => resource === 'TCPSocketWrap').length

describe('a published file that is gone from the disk', () => {
  it('is answered with a text, and then nothing is left of the connection', async () => {
    await using network = await TestNetwork.start({ peer: { protocol: 'classic' } })
    const hans = await network.join('hans')
    const yoda = await network.join('yoda')
    await hans.write('gone.txt', 'x')
    await hans.peer.publish('gone.txt')
    await rm(join(hans.shareDir, 'gone.txt'))
    const [source] = (await yoda.peer.locate('gone.txt')).sources
    if (source === undefined) throw new Error('hans is active')

    // As an original reads: to the end, without ending its own side.
    const socket = connect({ host: source.host, port: source.port, allowHalfOpen: true })
    socket.write('gone.txt')
    expect((await buffer(socket)).toString()).toBe('Error: File not found')
    socket.destroy()
    await expect(yoda.peer.get('gone.txt').done).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await Promise.all([hans.peer.close(), yoda.peer.close()])
    expect(openConnections()).toBe(0)
  })
})
