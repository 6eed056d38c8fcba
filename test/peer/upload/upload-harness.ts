import { once } from 'node:events'
import type { FileHandle } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { BitTrickleError } from '../../../src/errors.js'
import type { Upload } from '../../../src/peer/upload/upload.js'
import { UploadServer } from '../../../src/peer/upload/upload-server.js'
import { ManualClock } from '../../helpers/manual-clock.js'

/** A file that hands out its bytes when the test says so. */
export interface FakeFile {
  readonly bytes: Buffer
  /** What was promised, where that is not what there is. */
  readonly size?: number
  /** Waited for before each read. */
  readonly gate?: Promise<void>
}

/** What a test may want otherwise. */
export interface HarnessOptions {
  readonly slots?: number
  readonly stallTimeout?: number
}

/** An upload server on loopback with files in memory, and receivers that speak raw TCP. */
export class UploadHarness implements AsyncDisposable {
  readonly clock = new ManualClock()
  readonly files = new Map<string, FakeFile>()
  readonly uploads: Upload[] = []
  readonly warnings: string[] = []
  /** Names in the order in which they got a slot. */
  readonly started: string[] = []
  openHandles = 0
  port = 0
  readonly server: UploadServer
  readonly #receivers: Socket[] = []
  readonly #watchers = new Set<() => void>()

  private constructor(options: HarnessOptions) {
    const { slots = 5, ...rest } = options
    const { files } = this
    this.server = new UploadServer({
      slots,
      rate: undefined,
      clock: this.clock,
      onUpload: (upload) => this.#hear(upload),
      onWarning: (message) => this.#note(() => this.warnings.push(message)),
      source: {
        has: (name) => files.has(name),
        hasLonger: (start) => [...files.keys()].some((name) => name.startsWith(start) && name !== start),
        open: async (name) => this.#open(name),
      },
      ...rest,
    })
  }

  static async start(options: HarnessOptions = {}): Promise<UploadHarness> {
    const harness = new UploadHarness(options)
    harness.port = (await harness.server.listen('127.0.0.1', 0)).port
    return harness
  }

  #note(change: () => void): void {
    change()
    for (const watcher of this.#watchers) watcher()
  }

  #hear(upload: Upload): void {
    upload.on('started', () => this.#note(() => this.started.push(upload.name)))
    this.#note(() => this.uploads.push(upload))
  }

  #open(name: string): { handle: FileHandle; size: number } {
    const file = this.files.get(name)
    if (file === undefined || file.bytes.length === 0)
      throw new BitTrickleError('FILE_UNREADABLE', `${name} is gone`)
    this.openHandles += 1
    const handle = {
      read: async (buffer: Buffer, offset: number, length: number, position: number) => {
        await file.gate
        return { bytesRead: file.bytes.copy(buffer, offset, position, position + length), buffer }
      },
      close: async () => {
        this.openHandles -= 1
      },
    }
    return { handle: handle as unknown as FileHandle, size: file.size ?? file.bytes.length }
  }

  /** Resolves when it is so; looks whenever something happens at the server. */
  until(isSo: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const watcher = (): void => {
        if (!isSo()) return
        this.#watchers.delete(watcher)
        resolve()
      }
      this.#watchers.add(watcher)
      watcher()
    })
  }

  /** A receiver that is connected and has said nothing. */
  async connect(): Promise<Receiver> {
    const socket = connect({ host: '127.0.0.1', port: this.port, allowHalfOpen: true })
    this.#receivers.push(socket)
    const receiver = new Receiver(socket)
    await once(socket, 'connect')
    return receiver
  }

  /** A receiver that asks for a name; resolves when the server has heard it. */
  async ask(name: string): Promise<Receiver> {
    const receiver = await this.connect()
    const known = this.uploads.length
    receiver.socket.write(name)
    await this.until(() => this.uploads.length > known)
    return receiver
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#receivers) socket.destroy()
    await this.server.close()
  }
}

/** The other end of an upload. */
export class Receiver {
  readonly socket: Socket
  /** All that came; rejects when the connection was cut before its end. */
  readonly received: Promise<Buffer>
  readonly closed: Promise<unknown>

  constructor(socket: Socket) {
    this.socket = socket
    const parts: Buffer[] = []
    socket.on('data', (part) => parts.push(part))
    this.received = new Promise((resolve, reject) => {
      socket.on('error', reject)
      // Node.js may show a reset as a plain end; writing nothing tells them apart.
      socket.on('end', () => {
        const settle = (error?: Error | null): void => {
          if (error) reject(error)
          else resolve(Buffer.concat(parts))
          socket.destroy()
        }
        if (socket.writable) socket.write(Buffer.alloc(0), settle)
        else settle()
      })
    })
    this.received.catch(() => {})
    this.closed = new Promise((resolve) => socket.on('close', resolve))
  }
}
