import { constants, lstat, open, readFile, unlink } from 'node:fs/promises'
import { Bitfield } from '../../content/bitfield.js'
import type { ContentLayout } from '../../content/content-layout.js'
import { BitTrickleError, systemErrorCode } from '../../errors.js'
import { quote } from '../../wire/names.js'
import { ContentPart } from './content-part.js'
import type { ContentSink } from './content-sink.js'
import { diskError, writeWhole } from './disk.js'
import { publishPart } from './part-file.js'
import type { Target } from './target.js'

/**
 * A content of one piece on its way into a file. There is nothing to go on from before all of it is right: so it stays in
 * memory until then, and of many small files each costs the disk a quarter of what a journal beside it would.
 */
export class OnePiece implements ContentSink {
  readonly pieces: Bitfield
  readonly isChecked = true
  readonly #bytes: Buffer

  /** @param layout - of one piece, or none */
  constructor(layout: ContentLayout) {
    this.pieces = new Bitfield(layout.pieceCount)
    this.#bytes = Buffer.allocUnsafe(layout.size)
  }

  async check(): Promise<void> {}

  async write(bytes: Buffer, position: number): Promise<undefined> {
    bytes.copy(this.#bytes, position)
  }

  async add(piece: number): Promise<void> {
    this.pieces.add(piece)
  }

  /**
   * Writes the file, and puts it under its final name once its bytes are on the disk.
   * @throws BitTrickleError `TARGET_EXISTS`, `UNSAFE_TARGET`, `DISK_ERROR`
   */
  async finish(target: Target, overwrite: boolean): Promise<void> {
    try {
      await this.#writePart(target, overwrite)
    } catch (cause) {
      throw diskError(target.partPath, cause)
    }
    await publishPart(target, overwrite)
  }

  async #writePart(target: Target, overwrite: boolean): Promise<void> {
    const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants
    const flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW
    const { partPath } = target
    const file = await open(partPath, flags, 0o666).catch(async (error: unknown) => {
      if (systemErrorCode(error) !== 'EEXIST') throw error
      await this.#makeRoom(target, overwrite)
      return open(partPath, flags, 0o666)
    })
    try {
      await writeWhole(file, this.#bytes, 0)
      await file.sync()
    } catch (error) {
      await unlink(partPath).catch(() => {})
      throw error
    } finally {
      await file.close()
    }
  }

  // What a killed download has left is removed: with a journal another one, without one the beginning of this one.
  async #makeRoom(target: Target, overwrite: boolean): Promise<void> {
    const { partPath } = target
    await ContentPart.clear(target)
    const found = await lstat(partPath).catch(() => undefined)
    if (found === undefined) return
    if (found.isSymbolicLink()) throw Object.assign(new Error('a link'), { code: 'ELOOP' })
    const isOurs =
      found.isFile() && found.size <= this.#bytes.length && this.#beginsWith(await readFile(partPath))
    if (!isOurs && !overwrite) {
      const message = `${quote(partPath)} is in the way, and no download has left it; remove it, or set "overwrite".`
      throw new BitTrickleError('TARGET_EXISTS', message)
    }
    await unlink(partPath)
  }

  #beginsWith(bytes: Buffer): boolean {
    return bytes.equals(this.#bytes.subarray(0, bytes.length))
  }
}
