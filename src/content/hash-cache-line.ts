import { HASH_BYTES, hashBlock } from './block-tree.js'
import type { Content } from './content.js'
import { ContentLayout } from './content-layout.js'
import type { FileStamp } from './file-stamp.js'

/** What the cache knows of one file: as a line, as it stands on disk, which costs a fifth of the objects. */
export interface CacheEntry {
  readonly path: string
  readonly line: string
}

/** path, size, mtimeNs, inode, device, root, and the piece layer where there is more than one piece. */
type Fields = readonly [string, number, string, string, string, string, string]

// Long enough that no accident on disk passes for a line, least of all one that names another root.
const CHECKSUM_CHARACTERS = 16

/** Writes a line: a checksum, a space and a JSON array in ASCII, so that a character is a byte. */
export function toLine(path: string, stamp: FileStamp, { root, pieces }: Content): string {
  const layer = pieces.length > HASH_BYTES ? pieces.toString('base64') : ''
  const fields: Fields = [
    path,
    stamp.size,
    String(stamp.mtimeNs),
    String(stamp.ino),
    String(stamp.dev),
    root.toString('base64'),
    layer,
  ]
  const json = JSON.stringify(fields).replace(/[\u007f-\uffff]/g, toEscape)
  return `${checksumOf(json)} ${json}`
}

/** Reads a line as far as the path; the rest is looked at when somebody asks for it. */
export function parseLine(line: string): CacheEntry | undefined {
  const json = line.slice(CHECKSUM_CHARACTERS + 1)
  const fields = line === `${checksumOf(json)} ${json}` ? fieldsOf(line) : undefined
  return fields === undefined ? undefined : { path: fields[0], line }
}

/** The content of an entry whose file has this stamp; undefined for any other file. */
export function contentOf(entry: CacheEntry, stamp: FileStamp): Content | undefined {
  const fields = fieldsOf(entry.line)
  if (fields === undefined) return undefined
  const [, size, mtimeNs, ino, dev, rootText, layerText] = fields
  const isSame =
    size === stamp.size &&
    mtimeNs === String(stamp.mtimeNs) &&
    ino === String(stamp.ino) &&
    dev === String(stamp.dev)
  if (!isSame || !ContentLayout.isSize(size)) return undefined

  const { pieceSize, pieceCount } = new ContentLayout(size)
  const root = Buffer.from(rootText, 'base64')
  // The layer of an only piece is the root.
  const pieces = Buffer.from(pieceCount === 1 ? rootText : layerText, 'base64')
  return { size, root, pieceSize, pieces }
}

function fieldsOf(line: string): Fields | undefined {
  try {
    const fields: unknown = JSON.parse(line.slice(CHECKSUM_CHARACTERS + 1))
    return isFields(fields) ? fields : undefined
  } catch {
    return undefined
  }
}

function isFields(value: unknown): value is Fields {
  if (!Array.isArray(value) || value.length !== 7) return false
  return value.every((field, place) => typeof field === (place === 1 ? 'number' : 'string'))
}

const checksumOf = (json: string): string =>
  hashBlock(Buffer.from(json, 'latin1')).toString('hex', 0, CHECKSUM_CHARACTERS / 2)

const toEscape = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
