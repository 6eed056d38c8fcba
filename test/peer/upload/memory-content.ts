import type { FileHandle } from 'node:fs/promises'
import type { Content } from '../../../src/content/content.js'
import { ContentHasher } from '../../../src/content/content-hasher.js'
import { BitTrickleError } from '../../../src/errors.js'
import type { ServedContent } from '../../../src/peer/upload/content-source.js'

/** A content whose file is in memory, and does what a test says. */
export class MemoryContent implements ServedContent {
  readonly name: string
  readonly bytes: Buffer
  readonly content: Content
  isChanged = false
  /** Waited for before each read. */
  gate: Promise<void> | undefined
  /** What is left of the file. */
  length: number
  openFiles = 0
  /** Where it was read. */
  readonly reads: number[] = []
  /** How often it was read at once. */
  readsNow = 0
  readNow?: (target: Buffer) => boolean

  constructor(name: string, bytes: Buffer) {
    this.name = name
    this.bytes = bytes
    this.length = bytes.length
    this.content = new ContentHasher().update(bytes).digest()
  }

  /** From now on it can be read at once. */
  allowReadNow(): this {
    this.readNow = (target) => {
      this.readsNow++
      return this.bytes.copy(target) === this.length && !this.isChanged
    }
    return this
  }

  get root(): string {
    return this.content.root.toString('base64url')
  }

  async open(): Promise<FileHandle> {
    if (this.isChanged) throw new BitTrickleError('FILE_CHANGED', `${this.name} changed.`)
    this.openFiles++
    const handle = {
      readv: async (buffers: readonly Buffer[], position: number) => {
        this.reads.push(position)
        await this.gate
        let at = position
        for (const buffer of buffers)
          at += this.bytes.copy(buffer, 0, at, Math.min(this.length, at + buffer.length))
        return { bytesRead: at - position, buffers }
      },
      close: async () => {
        this.openFiles--
      },
    }
    return handle as unknown as FileHandle
  }

  isUnchanged(): boolean {
    return !this.isChanged
  }
}
