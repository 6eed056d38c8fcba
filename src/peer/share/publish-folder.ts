import { setMaxListeners } from 'node:events'
import type { HashFileOptions, HashProgress } from '../../content/hash-file.js'
import { BitTrickleError, type ErrorCode } from '../../errors.js'
import { quote } from '../../wire/names.js'
import { prefixOf, toFolderName } from '../folder-name.js'
import { eachInFlight } from '../in-flight.js'
import type { Publication, PublishOptions } from '../types.js'
import type { FoundFile } from './find-files.js'
import { nameBelow, sameName } from './name-below.js'
import type { Share } from './share.js'

/** Files that are hashed or announced at a time: while one waits for the index, others are read. */
export const PUBLISHED_AT_ONCE = 32

/** What is published is remembered after so many: the whole list is written each time. */
export const SAVE_AFTER = 1_000

/** What is wrong with one file and not with the next. */
export const OF_ONE_FILE: readonly ErrorCode[] = [
  'INVALID_NAME',
  'NOT_FOUND',
  'OUTSIDE_SHARE',
  'FILE_UNREADABLE',
  'FILE_CHANGED',
  'MESSAGE_TOO_LARGE',
]

/** What {@link publishFolder} needs. */
export interface FolderPublishing {
  readonly share: Share
  /** Path in the share folder. */
  readonly folder: string
  readonly options: PublishOptions
  readonly publishFile: (name: string, file: string, options: HashFileOptions) => Promise<Publication>
  readonly onWarning: (message: string, cause?: unknown) => void
}

/**
 * Publishes the files of a folder. One that cannot be published is passed over with a warning.
 *
 * @throws BitTrickleError with the first failure's code when there was nothing to publish, or `NOT_FOUND`; as
 * `publishFile` for what is not wrong with one file alone: what is published then stays so
 */
export async function publishFolder(publishing: FolderPublishing): Promise<Publication> {
  const { share, folder, options, publishFile } = publishing
  const signal = options.signal && AbortSignal.any([options.signal])
  // Node.js takes more than ten listeners for a leak; each file has one while it is hashed.
  if (signal !== undefined) setMaxListeners(0, signal)
  const name = toFolderName(options.name ?? (folder === '' ? folder : share.nameOf(folder)))
  const failures = new Failures(publishing)
  const onSkipped = (path: string, why: BitTrickleError): void => failures.add(path, why)
  const found = await share.findFiles(folder, { onSkipped, signal })
  const named = nameFiles(publishing, prefixOf(name), found, failures)
  const progress = new FolderHashing(named, options.onProgress)
  const published: Publication[] = []
  let done = 0
  try {
    await eachInFlight(named.entries(), PUBLISHED_AT_ONCE, async ([place, { name, file, size }]) => {
      const hashing = progress.begin(size)
      try {
        const given = signal === undefined ? {} : { signal }
        published[place] = await publishFile(name, file, { ...given, onProgress: hashing.report })
        hashing.finish()
      } catch (error) {
        if (!(error instanceof BitTrickleError) || !OF_ONE_FILE.includes(error.code)) throw error
        failures.add(file, error)
        hashing.fail()
      }
      if (++done % SAVE_AFTER === 0) await share.save()
    })
  } catch (error) {
    await share.save().catch(() => {})
    throw error
  }
  await share.save()
  const files = published.filter((publication) => publication !== undefined)
  if (files.length === 0) throw failures.toError(folder)
  return { name, path: share.absolute(folder), files }
}

interface NamedFile extends FoundFile {
  readonly name: string
}

function nameFiles(
  { share, folder }: FolderPublishing,
  prefix: string,
  found: readonly FoundFile[],
  failures: Failures,
): NamedFile[] {
  const named = new Map<string, NamedFile>()
  for (const one of found) {
    const { file } = one
    try {
      const name = nameBelow(share, folder, prefix, file)
      const other = named.get(name)
      if (other !== undefined) throw sameName(name, other.file)
      named.set(name, { ...one, name })
    } catch (error) {
      failures.add(file, error as BitTrickleError)
    }
  }
  return [...named.values()]
}

/** The files of a folder that cannot be published. */
class Failures {
  readonly #onWarning: FolderPublishing['onWarning']
  #first: BitTrickleError | undefined
  #count = 0

  constructor({ onWarning }: FolderPublishing) {
    this.#onWarning = onWarning
  }

  add(path: string, error: BitTrickleError): void {
    this.#first ??= error
    this.#count++
    this.#onWarning(`${quote(path)} is not published: ${error.message}`, error)
  }

  /** Why nothing at all could be published. */
  toError(folder: string): BitTrickleError {
    const where = folder === '' ? 'the share folder' : `the folder ${quote(folder)}`
    if (this.#first === undefined) {
      return new BitTrickleError('NOT_FOUND', `There is no file to publish in ${where}.`)
    }
    const { code, message, retryable } = this.#first
    const what = `None of the ${this.#count} file(s) in ${where} can be published; the first: ${message}`
    return new BitTrickleError(code, what, { retryable, cause: this.#first })
  }
}

/** How far the hashing of all files together is. */
class FolderHashing {
  readonly #onProgress: ((progress: HashProgress) => void) | undefined
  #size: number
  #hashed = 0

  constructor(files: readonly FoundFile[], onProgress: ((progress: HashProgress) => void) | undefined) {
    this.#onProgress = onProgress
    this.#size = files.reduce((sum, { size }) => sum + size, 0)
  }

  begin(size: number): { report: (progress: HashProgress) => void; finish: () => void; fail: () => void } {
    let known: HashProgress = { hashed: 0, size }
    const report = (now: HashProgress): void => {
      this.#hashed += now.hashed - known.hashed
      this.#size += now.size - known.size
      known = now
      this.#onProgress?.({ hashed: this.#hashed, size: this.#size })
    }
    return {
      report,
      // One whose hash was known is not read at all.
      finish: () => {
        if (known.hashed < known.size) report({ ...known, hashed: known.size })
      },
      fail: () => report({ hashed: 0, size: 0 }),
    }
  }
}
