import { mkdir, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { BitTrickleError, systemErrorCode } from '../../errors.js'
import { type Audience, toAudience, toList } from '../../wire/audience.js'
import { nameProblem } from '../../wire/names.js'

/** What stands behind a published name. */
export interface PublishedFile {
  /** Path in the share folder. */
  readonly file: string
  /** Who may see it. */
  readonly audience: Audience
}

/** Which file of the share folder stands behind each published name, remembered from one run to the next. */
export class PublishedFiles {
  readonly #path: string | undefined
  readonly #files = new Map<string, PublishedFile>()
  #hasChanged = false
  #saving: Promise<void> = Promise.resolve()
  /** A save that waits for the one before: it will write the last state, whoever asks for it in between. */
  #next: Promise<void> | undefined

  /** @param path - where to remember it; without one, it is known for as long as this object lives */
  constructor(path: string | undefined) {
    this.#path = path
  }

  /**
   * Reads what was remembered. A file that cannot be understood counts as empty: the share folder is looked through
   * for the published names anyway.
   *
   * @returns whether it could be read
   */
  async load(): Promise<boolean> {
    if (this.#path === undefined) return true
    try {
      const entries: unknown = JSON.parse(await readFile(this.#path, 'utf8'))
      for (const [name, file] of Object.entries(entries as object)) {
        const published = nameProblem(name) === undefined ? fromJson(file) : undefined
        if (published !== undefined) this.#files.set(name, published)
      }
      return true
    } catch (error) {
      return systemErrorCode(error) === 'ENOENT'
    }
  }

  /** The file behind a name. */
  get(name: string): PublishedFile | undefined {
    return this.#files.get(name)
  }

  /** All names. */
  names(): IterableIterator<string> {
    return this.#files.keys()
  }

  /** All names, with the files behind them. */
  entries(): IterableIterator<[name: string, published: PublishedFile]> {
    return this.#files.entries()
  }

  /** Whether a name goes on where this text ends: "a" does in "a.txt". */
  hasLonger(start: string): boolean {
    for (const name of this.#files.keys())
      if (name.length > start.length && name.startsWith(start)) return true
    return false
  }

  /** Adds a name, or gives it another file or audience. */
  set(name: string, published: PublishedFile): void {
    const known = this.#files.get(name)
    if (known?.file === published.file && known.audience === published.audience) return
    this.#files.set(name, published)
    this.#hasChanged = true
  }

  /** Forgets a name. */
  delete(name: string): void {
    if (this.#files.delete(name)) this.#hasChanged = true
  }

  /**
   * Remembers what has changed.
   * @throws BitTrickleError (rejects) `DISK_ERROR`; the next save tries again
   */
  save(): Promise<void> {
    if (!this.#hasChanged) return this.#saving
    if (this.#next === undefined) {
      const write = (): Promise<void> => this.#write()
      this.#next = this.#saving.then(write, write)
      this.#saving = this.#next
    }
    return this.#next
  }

  /** Writes what is not written yet. */
  async close(): Promise<void> {
    await this.save().catch(() => {})
  }

  async #write(): Promise<void> {
    this.#next = undefined
    this.#hasChanged = false
    if (this.#path === undefined) return
    try {
      await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 })
      const entries = [...this.#files].map(([name, published]) => [name, toJson(published)])
      const { default: writeFileAtomic } = await import('write-file-atomic')
      await writeFileAtomic(this.#path, `${JSON.stringify(Object.fromEntries(entries), null, 2)}\n`)
    } catch (cause) {
      this.#hasChanged = true
      const message = `Cannot remember what is published in ${this.#path} (${systemErrorCode(cause)}).`
      throw new BitTrickleError('DISK_ERROR', message, { cause })
    }
  }
}

// What everybody may see is the path alone.
const toJson = ({ file, audience }: PublishedFile): unknown =>
  audience === undefined ? file : { file, to: toList(audience) }

// One whose audience cannot be read is forgotten: it must not be opened to everybody.
function fromJson(value: unknown): PublishedFile | undefined {
  if (typeof value === 'string') return { file: value, audience: undefined }
  const { file, to } = (value ?? {}) as { file?: unknown; to?: unknown }
  if (typeof file !== 'string' || !Array.isArray(to)) return undefined
  try {
    return { file, audience: toAudience(to.map(String)) }
  } catch {
    return undefined
  }
}
