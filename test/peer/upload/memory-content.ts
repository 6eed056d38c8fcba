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

  constructor(name: string, bytes: Buffer) {
    this.name = name
    this.bytes = bytes
    this.length = bytes.length
    this.content = new ContentHasher().update(bytes).digest()
  }

  get root(): string {
    return this.content.root.toString('base64url')
  }

  async open(): Promise<FileHandle> {
    if (this.isChanged) throw new BitTrickleError('FILE_CHANGED', `${this.name} changed.`)
    this.openFiles++
    const handle = {
      read: async (buffer: Buffer, at: number, length: number, position: number) => {
        this.reads.push(position)
        await this.gate
        const end = Math.min(this.length, position + length)
        return { bytesRead: position >= end ? 0 : this.bytes.copy(buffer, at, position, end), buffer }
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
