// A process that sends a file over TLS, or receives one, and does nothing else: no frames, no requests, nothing verified.
// What is above that in a transfer costs what it is slower than this; what this is slower than nginx and curl, Node.js does.
import { open } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { type Certificate, makeCertificate } from '../../src/transfer/certificate.js'
import { connectSecurely, makeSecureServer, type SecureStream } from '../../src/transfer/tls.js'
import { obey } from '../lib/child.js'
import type { BareAnswer, BareOrder } from './orders.js'
import { MIB } from './site.js'

let certificate: Certificate | undefined

obey<BareOrder, BareAnswer>(async (order) => {
  certificate ??= await makeCertificate()
  const startedAt = performance.now()
  const served = order.do === 'serve' ? await serve(order.path, certificate) : undefined
  if (order.do === 'fetch') await fetch(order.from, order.path, certificate)
  const { user, system } = process.cpuUsage()
  return { ms: performance.now() - startedAt, cpu: (user + system) / 1e6, ...(served && { served }) }
})

/** Sends the file to everybody who connects. */
async function serve(path: string, own: Certificate): Promise<BareAnswer['served']> {
  const server = makeSecureServer(own, {
    onConnection: ({ stream }) => {
      stream.on('error', fail)
      send(path, stream).catch(fail)
    },
    onRefused: (_socket, why) => fail(why),
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return { port, fingerprint: own.fingerprint }
}

// One part is read while the one before is sent.
async function send(path: string, stream: SecureStream['stream']): Promise<void> {
  await using file = await open(path)
  const [one, other] = [Buffer.allocUnsafeSlow(MIB), Buffer.allocUnsafeSlow(MIB)]
  let sending: Promise<unknown> = Promise.resolve()
  for (let position = 0, turn = 0; ; turn++) {
    const part = turn % 2 === 0 ? one : other
    const { bytesRead } = await file.read(part, 0, MIB, position)
    await sending
    if (bytesRead === 0) break
    position += bytesRead
    sending = new Promise((resolve) => stream.write(part.subarray(0, bytesRead), resolve))
  }
  stream.end()
}

/** Receives what is sent there, and writes it a MiB at a time. */
async function fetch(
  { port, fingerprint }: NonNullable<BareAnswer['served']>,
  path: string,
  own: Certificate,
): Promise<void> {
  await using file = await open(path, 'w')
  const { stream, read } = await connectSecurely(
    { host: '127.0.0.1', port },
    own,
    fingerprint,
    new AbortController().signal,
  )
  const free: Buffer[] = []
  const take = (): Buffer => free.pop() ?? Buffer.allocUnsafeSlow(MIB)
  let joined = take()
  let filled = 0
  let position = 0
  let written: Promise<unknown> = Promise.resolve()
  const flush = (): void => {
    const [part, length, at] = [joined, filled, position]
    written = written.then(() => file.write(part, 0, length, at)).then(() => free.push(part))
    position += length
    joined = take()
    filled = 0
  }
  read(
    (bytes) => {
      for (let at = 0; at < bytes.length; ) {
        const isThere = bytes.buffer === joined.buffer
        const taken = isThere ? bytes.length : bytes.copy(joined, filled, at)
        at += taken
        filled += taken
        if (filled === MIB) flush()
      }
    },
    () => joined.subarray(filled),
  )
  await new Promise((resolve) => stream.once('end', resolve))
  flush()
  await written
}

function fail(reason: unknown): void {
  console.error(reason)
  process.exit(1)
}
