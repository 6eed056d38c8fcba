import { getEventListeners, once } from 'node:events'
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { afterEach, describe, expect, it } from 'vitest'
import { BitTrickleError } from '../../src/errors.js'
import { type Certificate, makeCertificate } from '../../src/transfer/certificate.js'
import {
  connectSecurely,
  makeSecureServer,
  type OpenedStream,
  type SecureStream,
} from '../../src/transfer/tls.js'

const [serving, asking, other] = await Promise.all([makeCertificate(), makeCertificate(), makeCertificate()])
const never = new AbortController().signal

const cleanUps: (() => void)[] = []
afterEach(() => {
  for (const cleanUp of cleanUps.splice(0)) cleanUp()
})

/** A secure server, and what it told. */
async function serve(certificate: Certificate = serving) {
  const accepted: SecureStream[] = []
  const refused: { readonly why: string; readonly host: string | undefined }[] = []
  let onAccepted = (_connection: SecureStream): void => {}
  const first = new Promise<SecureStream>((resolve) => {
    onAccepted = resolve
  })
  const server = makeSecureServer(certificate, {
    onConnection: (connection) => {
      accepted.push(connection)
      connection.stream.on('error', () => {})
      cleanUps.push(() => connection.stream.destroy())
      onAccepted(connection)
    },
    onRefused: (socket, why) => refused.push({ why, host: socket.remoteAddress }),
  })
  return { accepted, refused, first, port: await bind(server) }
}

async function bind(server: Server): Promise<number> {
  // Whatever becomes of a connection, its end at the server is gone after the test.
  server.on('connection', (socket) => cleanUps.push(() => socket.destroy()))
  server.listen(0, '127.0.0.1')
  cleanUps.push(() => server.close())
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

async function connect(port: number, fingerprint: string, signal = never): Promise<OpenedStream> {
  const connection = await connectSecurely({ host: '127.0.0.1', port }, asking, fingerprint, signal)
  cleanUps.push(() => connection.stream.destroy())
  return connection
}

describe('a secure connection', () => {
  it('shows each end the certificate of the other', async () => {
    const { first, port } = await serve()
    const ours = await connect(port, serving.fingerprint)
    const theirs = await first
    expect([ours.fingerprint, theirs.fingerprint]).toEqual([serving.fingerprint, asking.fingerprint])
    expect(ours.stream.getProtocol()).toBe('TLSv1.3')
    expect(ours.stream.getCipher().name).toBe('TLS_AES_128_GCM_SHA256')
    theirs.stream.write('from the source')
    await new Promise<void>((resolve) => {
      ours.read((bytes) => {
        expect(bytes.toString()).toBe('from the source')
        resolve()
      })
    })
  })

  it('hands on every byte in order, many records at a time, and the last before the end', async () => {
    const { first, port } = await serve()
    const ours = await connect(port, serving.fingerprint)
    const theirs = await first
    const sent = Buffer.allocUnsafe(3_000_001)
    for (let at = 0; at < sent.length; at++) sent[at] = (at * 7 + (at >> 8)) & 255
    const parts: Buffer[] = []
    let received = 0
    let beforeEnd = -1
    ours.stream.on('end', () => {
      beforeEnd = received
    })
    const closed = once(ours.stream, 'close')
    ours.read((bytes) => {
      received += bytes.length
      parts.push(Buffer.from(bytes))
    })
    theirs.stream.end(sent)
    await closed
    expect(Buffer.concat(parts).equals(sent)).toBe(true)
    expect(beforeEnd).toBe(sent.length)
    expect(parts.length).toBeLessThan(sent.length / 16_384)
  })

  it('is not made with who has another certificate than the index vouches for', async () => {
    const { port } = await serve(other)
    await expect(connect(port, serving.fingerprint)).rejects.toMatchObject({ code: 'FORBIDDEN' })
  })

  it.each<[string, object]>([
    ['who shows no certificate', { ALPNProtocols: ['bittrickle/1'] }],
    ['who does not say what it speaks', { cert: asking.cert, key: asking.key }],
    ['who speaks something else', { cert: asking.cert, key: asking.key, ALPNProtocols: ['h2'] }],
    [
      'who knows only an older TLS',
      { cert: asking.cert, key: asking.key, ALPNProtocols: ['bittrickle/1'], maxVersion: 'TLSv1.2' },
    ],
  ])('is refused to one %s', async (_what, options) => {
    const { accepted, refused, port } = await serve()
    const stream = connectTls({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options })
    stream.on('error', () => {})
    await new Promise((resolve) => stream.on('close', resolve))
    expect(accepted).toEqual([])
    expect(refused).toEqual([{ why: expect.any(String), host: '127.0.0.1' }])
  })

  it('is not made where nobody listens, or something else does', async () => {
    const closed = createTcpServer()
    const port = await bind(closed)
    closed.close()
    await expect(connect(port, serving.fingerprint)).rejects.toMatchObject({
      code: 'SOURCE_UNREACHABLE',
      retryable: true,
    })
    const web = createTcpServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
    await expect(connect(await bind(web), serving.fingerprint)).rejects.toMatchObject({
      code: 'SOURCE_UNREACHABLE',
    })
  })

  it('leaves nothing at the signal when it is closed', async () => {
    const { port } = await serve()
    const controller = new AbortController()
    const { stream } = await connect(port, serving.fingerprint, controller.signal)
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(1)
    stream.destroy()
    await once(stream, 'close')
    expect(getEventListeners(controller.signal, 'abort')).toEqual([])
  })

  it('is given up when the signal says so', async () => {
    await expect(connect(1, serving.fingerprint, AbortSignal.abort())).rejects.toMatchObject({
      code: 'ABORTED',
    })

    const silent = createTcpServer((socket) => {
      cleanUps.push(() => socket.destroy())
      controller.abort(new BitTrickleError('CLOSED', 'The peer was closed.'))
    })
    const controller = new AbortController()
    const connecting = connect(await bind(silent), serving.fingerprint, controller.signal)
    await expect(connecting).rejects.toMatchObject({ code: 'CLOSED' })
  })

  it('does not bring the program down when it breaks before anybody has taken it over', async () => {
    const { first, port } = await serve()
    const { stream } = await connect(port, serving.fingerprint)
    await first
    stream.destroy(new Error('ECONNRESET'))
    await new Promise((resolve) => stream.on('close', resolve))
  })
})
