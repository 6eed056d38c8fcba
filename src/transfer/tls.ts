import type { Socket } from 'node:net'
import { connect, createServer, type Server, type TLSSocket } from 'node:tls'
import { BitTrickleError } from '../errors.js'
import { type Certificate, fingerprintOf } from './certificate.js'
import { CONNECT_MS } from './limits.js'
import { ALPN } from './protocol.js'
import { makeReader, type ReadStream } from './tls-reader.js'

/** A connection whose other end has proved that it has a certificate, and which one. */
export interface SecureStream {
  readonly stream: TLSSocket
  /** Of the other end's certificate. */
  readonly fingerprint: string
}

/** A connection that was opened from here. */
export interface OpenedStream extends SecureStream {
  readonly read: ReadStream
}

// The one that all must have (RFC 8446, 9.1) comes first: 256 bits cost 15 % more, and 128 are no nearer to being
// guessed.
const CIPHERS = 'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256'

/** Both ends: TLS 1.3 alone, both show a certificate, and no authority has to know them. */
function common({ cert, key }: Certificate) {
  return {
    cert,
    key,
    minVersion: 'TLSv1.3' as const,
    ciphers: CIPHERS,
    ALPNProtocols: [ALPN],
    rejectUnauthorized: false,
  }
}

/**
 * Opens a connection to a peer, and makes sure that it is the one that the index vouches for.
 *
 * @param fingerprint - of the certificate that the other end must present
 * @param signal - ends the attempt, and the connection later on
 * @throws {@link BitTrickleError} (rejects) `SOURCE_UNREACHABLE`, `FORBIDDEN` for another certificate, `ABORTED`
 */
export function connectSecurely(
  address: { readonly host: string; readonly port: number },
  certificate: Certificate,
  fingerprint: string,
  signal: AbortSignal,
): Promise<OpenedStream> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(aborted(signal))
    const { onread, read, flush } = makeReader(() => stream.resume())
    const stream = connect({ ...address, ...common(certificate), servername: '', onread } as never)
    // Node's own option would keep a listener for each connection that there ever was.
    const onAbort = (): void => void stream.destroy(aborted(signal))
    signal.addEventListener('abort', onAbort)
    stream.once('close', () => signal.removeEventListener('abort', onAbort))
    // What came before the end is handed on before the end is told.
    for (const event of ['end', 'error', 'close']) stream.on(event, flush)
    const fail = (error: BitTrickleError): void => {
      stream.destroy()
      reject(error)
    }
    const where = `${address.host} port ${address.port}`
    const unreachable = (why: string, cause?: unknown): BitTrickleError =>
      new BitTrickleError('SOURCE_UNREACHABLE', `Cannot connect to the source at ${where}: ${why}.`, {
        retryable: true,
        cause,
      })
    const onTimeout = (): void => fail(unreachable('no answer'))
    stream.setTimeout(CONNECT_MS, onTimeout)
    // Also later: between here and who takes the connection over, nobody else may listen.
    stream.on('error', (cause: Error) =>
      fail(signal.aborted ? aborted(signal) : unreachable(cause.message, cause)),
    )
    stream.once('secureConnect', () => {
      stream.setTimeout(0, onTimeout)
      stream.setNoDelay(true)
      if (peerFingerprint(stream) !== fingerprint) {
        fail(
          new BitTrickleError(
            'FORBIDDEN',
            `The peer at ${where} does not have the certificate that the index vouches for.`,
          ),
        )
      } else if (stream.alpnProtocol !== ALPN) {
        fail(unreachable('it does not speak the data channel'))
      } else {
        resolve({ stream, fingerprint, read })
      }
    })
  })
}

/** What {@link makeSecureServer} tells. */
export interface SecureListener {
  onConnection(connection: SecureStream): void
  /** Its address can still be read. */
  onRefused(socket: Socket, why: string): void
}

/** Makes a server that takes connections of peers with any certificate: which one it is, the ticket must say. */
export function makeSecureServer(certificate: Certificate, listener: SecureListener): Server {
  const server = createServer({ ...common(certificate), requestCert: true, handshakeTimeout: CONNECT_MS })
  server.on('secureConnection', (stream) => {
    stream.setNoDelay(true)
    const fingerprint = peerFingerprint(stream)
    if (fingerprint === undefined || stream.alpnProtocol !== ALPN) {
      stream.on('error', () => {})
      listener.onRefused(stream, 'it shows no certificate, or speaks something else')
      stream.destroy()
    } else {
      listener.onConnection({ stream, fingerprint })
    }
  })
  server.on('tlsClientError', (error, stream) => {
    listener.onRefused(stream, error.message)
    stream.destroy()
  })
  return server
}

function peerFingerprint(stream: TLSSocket): string | undefined {
  // Null once the connection is gone, and empty without a certificate, whatever its type says.
  const raw = (stream.getPeerCertificate() as { raw?: Buffer } | null)?.raw
  return raw === undefined ? undefined : fingerprintOf(raw)
}

function aborted({ reason }: AbortSignal): BitTrickleError {
  if (reason instanceof BitTrickleError) return reason
  return new BitTrickleError('ABORTED', 'The connection to the source was given up.', { cause: reason })
}
