import { connect, type Socket } from 'node:net'
import { formatAddress } from '../../channel/datagram-socket.js'
import { encodeFileRequest, FILE_NOT_FOUND } from '../../classic/file-request.js'
import { BitTrickleError } from '../../errors.js'
import { quote } from '../../wire/names.js'
import type { SourceRecord } from '../../wire/records.js'
import type { RateLimit } from '../rate-limit.js'
import type { DownloadControl } from './download.js'
import type { PartFile } from './part-file.js'

const CONNECT_TIMEOUT = 10_000

// Until the first byte there is no bound: we may be waiting for a slot of the source. Dead hosts are found by TCP.
const KEEP_ALIVE_DELAY = 15_000
const STALL_TIMEOUT = 60_000

/** What {@link fetchClassic} needs. */
export interface ClassicFetch {
  readonly name: string
  readonly source: SourceRecord
  readonly part: PartFile
  readonly rate: RateLimit
  readonly control: DownloadControl
  /** Milliseconds without a byte, once they have begun to come; replaced in tests. */
  readonly stallTimeout?: number
}

/**
 * Fetches a file the classic way: connect, send the name, read to the end.
 *
 * @throws BitTrickleError `SOURCE_UNREACHABLE` and `SOURCE_LOST` (retryable), `NOT_FOUND`, `ABORTED`, `DISK_ERROR`
 */
export async function fetchClassic(options: ClassicFetch): Promise<void> {
  const { name, source, control } = options
  // Our side stays open behind the source's, for assertNotReset().
  const socket = connect({ host: source.host, port: source.port, allowHalfOpen: true })
  const cut = (): void => {
    socket.destroy()
  }
  control.signal.addEventListener('abort', cut)
  try {
    await connected(socket, source)
    control.source(source)
    socket.setKeepAlive(true, KEEP_ALIVE_DELAY)
    // In one write, since an original reads once; and without ending our side, which it may take for goodbye.
    socket.write(encodeFileRequest(name))
    await receive(socket, options)
  } catch (error) {
    control.signal.throwIfAborted()
    const reason = error instanceof BitTrickleError ? error : lost(source, error)
    if (reason.code !== 'DISK_ERROR') control.sourceLost({ source, reason })
    throw reason
  } finally {
    control.signal.removeEventListener('abort', cut)
    socket.destroy()
  }
}

function connected(socket: Socket, source: SourceRecord): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.setTimeout(CONNECT_TIMEOUT, () => {
      if (socket.connecting) socket.destroy(new Error(`no answer for ${CONNECT_TIMEOUT / 1000} s`))
    })
    socket.once('error', (cause) => reject(unreachable(source, cause)))
    socket.once('close', () => reject(unreachable(source)))
    socket.once('connect', () => {
      socket.setTimeout(0)
      resolve()
    })
  })
}

async function receive(socket: Socket, options: ClassicFetch): Promise<void> {
  const { name, part, rate, control, stallTimeout = STALL_TIMEOUT } = options
  socket.on('timeout', () => socket.destroy(new Error(`nothing came for ${stallTimeout / 1000} s`)))
  let head = Buffer.alloc(0)
  // Iterating takes one part at a time: what is not yet written waits at the source.
  for await (const bytes of socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    socket.setTimeout(0)
    if (part.size === 0) control.started()
    if (head.length <= FILE_NOT_FOUND.length) head = Buffer.concat([head, bytes.subarray(0, 64)])
    await part.append(bytes)
    control.report({ transferred: part.size })
    await rate.take(bytes.length)
    await control.whenRunning()
    control.signal.throwIfAborted()
    socket.setTimeout(stallTimeout)
  }
  // An iterated socket that is destroyed without an error just ends.
  if (!socket.readableEnded) throw new Error('the connection was cut')
  await assertNotReset(socket)
  // The protocol has no other way to say so: a file of just these bytes cannot be told from it.
  if (head.equals(FILE_NOT_FOUND)) {
    throw new BitTrickleError('NOT_FOUND', `The source no longer has ${quote(name)}.`, { retryable: true })
  }
}

// When the last bytes and a reset arrive together, Node.js reports a plain end (libuv takes the hang-up for it), and half
// a file would pass for the whole. Writing nothing sends nothing, but fails on a connection that was reset.
function assertNotReset(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.write(Buffer.alloc(0), (error) => (error ? reject(error) : resolve()))
  })
}

function unreachable({ host, port }: SourceRecord, cause?: Error): BitTrickleError {
  return new BitTrickleError(
    'SOURCE_UNREACHABLE',
    `Cannot connect to the source at ${formatAddress({ host, port })} (${cause?.message ?? 'closed'}); try again in some seconds.`,
    { retryable: true, cause },
  )
}

function lost({ host, port }: SourceRecord, cause: unknown): BitTrickleError {
  const why = cause instanceof Error ? cause.message : String(cause)
  return new BitTrickleError(
    'SOURCE_LOST',
    `The source at ${formatAddress({ host, port })} was lost before the end of the file (${why}); try again.`,
    { retryable: true, cause },
  )
}
