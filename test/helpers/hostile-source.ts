import { randomBytes } from 'node:crypto'
import type { AddressInfo, Socket } from 'node:net'
import type { Server, TLSSocket } from 'node:tls'
import type { Content } from '../../src/content/content.js'
import { ContentHasher } from '../../src/content/content-hasher.js'
import { ContentLayout } from '../../src/content/content-layout.js'
import type { SourceRecord } from '../../src/index.js'
import { type Certificate, makeCertificate } from '../../src/transfer/certificate.js'
import { FrameDecoder } from '../../src/transfer/frame-decoder.js'
import { encodeFrame, writeDataHeader } from '../../src/transfer/frame-encoder.js'
import type { Frame, RequestFrame } from '../../src/transfer/frames.js'
import { MAX_REQUESTS } from '../../src/transfer/limits.js'
import { DATA_HEADER_BYTES } from '../../src/transfer/protocol.js'
import { makeSecureServer } from '../../src/transfer/tls.js'

/** Some bytes of an answer, which are about to be sent. */
export interface Part {
  readonly end: SourceEnd
  readonly piece: number
  /** Where in the piece they begin. */
  readonly offset: number
  /** Bytes of contents that this source has sent before. */
  readonly sent: number
  readonly bytes: Buffer
}

/** What a source does otherwise than an honest one. */
export interface Misbehaviour {
  /** @defaultValue says hello */
  onConnect?(end: SourceEnd): void
  /** @returns whether that was all that is done about a frame */
  onFrame?(frame: Frame, end: SourceEnd): boolean
  /** @returns what is sent in place of a part, when it is sent; with undefined nothing more is */
  onPart?(part: Part): Buffer | undefined | Promise<Buffer | undefined>
}

// A part of an answer: short, so that there are many moments for something to happen.
const PART_BYTES = 32_768

/** A content for a test: random bytes, and what they are. */
export class TestContent {
  readonly bytes: Buffer
  readonly content: Content
  readonly layout: ContentLayout
  /** Base64url. */
  readonly root: string

  constructor(bytes: number | Buffer) {
    this.bytes = typeof bytes === 'number' ? randomBytes(bytes) : bytes
    this.content = new ContentHasher().update(this.bytes).digest()
    this.layout = new ContentLayout(this.bytes.length)
    this.root = this.content.root.toString('base64url')
  }
}

/** A source that speaks the data channel by hand, on loopback: honest where a test does not say otherwise. */
export class HostileSource implements AsyncDisposable {
  readonly served: TestContent
  readonly ends: SourceEnd[] = []
  /** All frames that came, on all connections. */
  readonly frames: Frame[] = []
  /** Connections that were taken, also those that have not got through TLS yet. */
  connections = 0
  /** Bytes of the content that were sent, whatever became of them. */
  sent = 0
  readonly #username: string
  readonly #certificate: Certificate
  readonly #misbehaviour: Misbehaviour
  readonly #sockets = new Set<Socket>()
  readonly #watchers = new Set<() => void>()
  #server: Server
  #port = 0

  private constructor(
    username: string,
    served: TestContent,
    certificate: Certificate,
    misbehaviour: Misbehaviour,
  ) {
    this.#username = username
    this.served = served
    this.#certificate = certificate
    this.#misbehaviour = misbehaviour
    this.#server = this.#makeServer()
  }

  static async start(
    username: string,
    served: TestContent,
    misbehaviour: Misbehaviour = {},
  ): Promise<HostileSource> {
    const source = new HostileSource(username, served, await makeCertificate(), misbehaviour)
    await source.listen()
    return source
  }

  #makeServer(): Server {
    const server = makeSecureServer(this.#certificate, {
      onConnection: ({ stream }) => this.ends.push(new SourceEnd(stream, this, this.#misbehaviour)),
      onRefused: () => {},
    })
    server.on('connection', (socket) => {
      this.connections++
      this.#sockets.add(socket)
      socket.on('close', () => this.#sockets.delete(socket))
    })
    return server
  }

  /** Takes connections, on the same port as before. */
  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(this.#port, '127.0.0.1', resolve))
    this.#port = (this.#server.address() as AddressInfo).port
  }

  /** As the index names it. */
  get record(): SourceRecord {
    const { fingerprint } = this.#certificate
    return { username: this.#username, host: '127.0.0.1', port: this.#port, fingerprint }
  }

  /** Resolves when a frame of a type has come. */
  heard(type: Frame['type']): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (this.of(type).length === 0) return
        this.#watchers.delete(look)
        resolve()
      }
      this.#watchers.add(look)
      look()
    })
  }

  /** A frame has come. */
  hear(frame: Frame): void {
    this.frames.push(frame)
    for (const watcher of this.#watchers) watcher()
  }

  /** The frames of one type that came. */
  of<Type extends Frame['type']>(type: Type): Extract<Frame, { type: Type }>[] {
    return this.frames.filter((frame): frame is Extract<Frame, { type: Type }> => frame.type === type)
  }

  /** Is gone, as a process that is killed: its connections break off, and nobody listens any more. */
  async vanish(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    for (const socket of this.#sockets) socket.destroy()
    await closed
    this.#server = this.#makeServer()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.vanish()
  }
}

/** One connection of a {@link HostileSource}. */
export class SourceEnd {
  readonly stream: TLSSocket
  readonly #source: HostileSource
  readonly #misbehaviour: Misbehaviour
  readonly #requests = new Map<string, RequestFrame>()
  #isAnswering = false

  constructor(stream: TLSSocket, source: HostileSource, misbehaviour: Misbehaviour) {
    this.stream = stream
    this.#source = source
    this.#misbehaviour = misbehaviour
    const decoder = new FrameDecoder({ onFrame: (frame) => this.#onFrame(frame), onData: () => {} })
    stream.on('data', (bytes: Buffer) => decoder.push(bytes))
    stream.on('error', () => {})
    stream.on('end', () => stream.end())
    if (misbehaviour.onConnect === undefined) this.hello()
    else misbehaviour.onConnect(this)
  }

  hello(): void {
    this.send({ type: 'hello', version: 1, maxRequests: MAX_REQUESTS })
  }

  send(...frames: readonly Frame[]): void {
    this.raw(Buffer.concat(frames.map(encodeFrame)))
  }

  raw(bytes: Buffer): void {
    if (!this.stream.destroyed) this.stream.write(bytes)
  }

  /** Sends bytes of a piece, asked for or not. Resolves when they are on their way. */
  data(transfer: number, request: number, piece: number, offset: number, bytes: Buffer): Promise<void> {
    const frame = Buffer.alloc(DATA_HEADER_BYTES + bytes.length)
    writeDataHeader(frame, { transfer, request, piece, offset, length: bytes.length })
    bytes.copy(frame, DATA_HEADER_BYTES)
    return new Promise((resolve) => {
      if (this.stream.destroyed) resolve()
      else this.stream.write(frame, () => resolve())
    })
  }

  #onFrame(frame: Frame): void {
    this.#source.hear(frame)
    if (this.#misbehaviour.onFrame?.(frame, this) !== true) this.serve(frame)
  }

  /** Does what an honest source does about a frame. */
  serve(frame: Frame): void {
    const { content } = this.#source.served
    switch (frame.type) {
      case 'open':
        this.send({ type: 'opened', transfer: frame.transfer, size: content.size })
        this.send({ type: 'haveAll', transfer: frame.transfer })
        return
      case 'requestHashes': {
        const { transfer, first, count } = frame
        const hashes = content.pieces.subarray(first * 32, (first + count) * 32)
        this.send({ type: 'hashes', transfer, first, hashes })
        return
      }
      case 'request':
        this.#requests.set(`${frame.transfer} ${frame.request}`, frame)
        void this.answer()
        return
      case 'cancel':
        this.#requests.delete(`${frame.transfer} ${frame.request}`)
        return
      case 'close':
        for (const [key, { transfer }] of this.#requests) {
          if (transfer === frame.transfer) this.#requests.delete(key)
        }
        return
      default:
    }
  }

  /** Answers what was asked, in order; goes on when it stood still. */
  async answer(): Promise<void> {
    if (this.#isAnswering) return
    this.#isAnswering = true
    for (const [key, request] of this.#requests) {
      if (!(await this.#answerOne(key, request))) break
      this.#requests.delete(key)
    }
    this.#isAnswering = false
  }

  async #answerOne(key: string, request: RequestFrame): Promise<boolean> {
    const { served } = this.#source
    const { transfer, piece, offset, length } = request
    const start = served.layout.pieceStart(piece)
    for (let done = 0; done < length && this.#requests.has(key); done += PART_BYTES) {
      const from = offset + done
      const until = Math.min(offset + length, from + PART_BYTES)
      const honest = served.bytes.subarray(start + from, start + until)
      const part = { end: this, piece, offset: from, sent: this.#source.sent, bytes: honest }
      const bytes = this.#misbehaviour.onPart === undefined ? honest : await this.#misbehaviour.onPart(part)
      if (bytes === undefined || this.stream.destroyed) return false
      this.#source.sent += bytes.length
      await this.data(transfer, request.request, piece, from, bytes)
    }
    return true
  }
}
