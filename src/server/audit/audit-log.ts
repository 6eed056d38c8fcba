import type { Clock, Timer } from '../../clock.js'
import { AuditFile, MAX_BATCH_LINES, type OpenFile, type TornLine } from './audit-file.js'
import {
  AUDIT_FORMAT,
  AUDIT_VERSION,
  type AuditRecord,
  CHAIN_START,
  type ChainEnd,
  formatLine,
} from './audit-line.js'

/** Records that wait for a disk that is slow or full: some 10 MB. What comes on top is counted. */
export const MAX_WAITING_RECORDS = 16_384
/** How often a disk that refuses is tried again. */
export const RETRY_MS = 1_000

/** What {@link AuditLog} needs. */
export interface AuditLogOptions {
  readonly path: string
  readonly clock: Clock
  /** The disk refuses, for the first time after it has taken something. */
  readonly onWarning: (message: string, cause: unknown) => void
  /** Replaced in tests. */
  readonly openFile?: OpenFile
}

interface Waiting {
  readonly record: AuditRecord
  readonly at: number
}

/**
 * Puts records into the trail in the order in which they come: while one write is on its way to the disk, the next
 * lines gather. Nobody waits for it, and nothing fails for it: an index that stopped for a full disk would be out of
 * service for everybody, while the transfers that it was to record went on.
 */
export class AuditLog {
  readonly #options: AuditLogOptions
  readonly #waiting: Waiting[] = []
  #file: AuditFile | undefined
  #end: ChainEnd = CHAIN_START
  #running: Promise<void> | undefined
  #retry: Timer | undefined
  #isFailing = false
  #isClosing = false
  #isReopening = false
  #key = ''
  // The last one that waits, when it tells of those that there was no room for.
  #lost: { count: number } | undefined

  constructor(options: AuditLogOptions) {
    this.#options = options
  }

  /**
   * Begins the trail, or goes on with it, which a line tells.
   *
   * @param key - public key of the index, as the address names it
   * @throws {@link BitTrickleError} `AUDIT_FOREIGN`, `AUDIT_BROKEN`, `DISK_ERROR`
   */
  async open(key: string): Promise<void> {
    const { path, openFile } = this.#options
    const { file, end, torn } = await AuditFile.open(path, openFile)
    this.#file = file
    this.#end = end
    this.#key = key
    for (const record of firstRecords(key, end, torn)) this.add(record)
  }

  /**
   * Where the file was moved away: ends the trail in it, and begins another one at the path, which names the last hash
   * of the one before. What happens meanwhile goes to the new one.
   *
   * @returns whether it was moved
   * @throws {@link BitTrickleError} as `open` does; it goes on in the old file then
   */
  async reopen(): Promise<boolean> {
    const { path, openFile, clock } = this.#options
    const old = this.#file
    if (old === undefined || this.#isClosing || this.#isReopening) return false
    this.#isReopening = true
    try {
      if (!(await old.isMoved())) return false
      const opened = await AuditFile.open(path, openFile)
      await this.#running
      const last = formatLine(this.#end, { type: 'end', fields: {} }, clock.now())
      let follows: string | undefined
      try {
        await old.append(Buffer.from(last.text))
        follows = last.end.prev
      } catch (error) {
        this.#options.onWarning(
          'The audit trail that was moved away could not be ended in good order.',
          error,
        )
      }
      this.#file = opened.file
      this.#end = opened.end
      const at = clock.now()
      const records = firstRecords(this.#key, opened.end, opened.torn, follows)
      this.#waiting.unshift(...records.map((record) => ({ record, at })))
      await old.close()
      return true
    } finally {
      this.#isReopening = false
      this.#retry?.cancel()
      this.#retry = undefined
      this.#wake()
    }
  }

  /** Takes a record. It is written soon. */
  add(record: AuditRecord): void {
    const at = this.#options.clock.now()
    if (this.#waiting.length >= MAX_WAITING_RECORDS) this.#lose(at)
    else {
      this.#lost = undefined
      this.#waiting.push({ record, at })
    }
    this.#wake()
  }

  #lose(at: number): void {
    if (this.#lost === undefined) {
      this.#lost = { count: 0 }
      this.#waiting.push({ record: { type: 'lost', fields: this.#lost }, at })
    }
    this.#lost.count++
  }

  #wake(): void {
    if (this.#file === undefined || this.#running !== undefined) return
    if (this.#retry !== undefined || this.#isReopening) return
    this.#running = this.#run(this.#file).finally(() => {
      this.#running = undefined
    })
  }

  async #run(file: AuditFile): Promise<void> {
    // What is recorded in one turn goes out together.
    await new Promise((resolve) => setImmediate(resolve))
    while (this.#waiting.length > 0 && !this.#isReopening) {
      const batch = this.#waiting.slice(0, MAX_BATCH_LINES)
      if (batch.length === this.#waiting.length) this.#lost = undefined
      const lines: string[] = []
      let end = this.#end
      for (const { record, at } of batch) {
        const line = formatLine(end, record, at)
        lines.push(line.text)
        end = line.end
      }
      try {
        await file.append(Buffer.from(lines.join('')))
      } catch (error) {
        this.#fail(error)
        return
      }
      this.#end = end
      this.#isFailing = false
      this.#waiting.splice(0, batch.length)
    }
  }

  #fail(error: unknown): void {
    const { clock, onWarning } = this.#options
    if (!this.#isFailing) {
      onWarning(
        'The audit trail cannot be written at present; what happens is kept in memory for a while.',
        error,
      )
    }
    this.#isFailing = true
    if (this.#isClosing) return
    this.#retry = clock.setTimeout(() => {
      this.#retry = undefined
      this.#wake()
    }, RETRY_MS)
  }

  /** Writes what waits, and a last line that says that the index has closed. */
  async close(): Promise<void> {
    if (this.#file === undefined || this.#isClosing) return
    this.add({ type: 'end', fields: {} })
    this.#isClosing = true
    this.#retry?.cancel()
    this.#retry = undefined
    await this.#running
    // The run may have failed before it was told of the close.
    this.#wake()
    await this.#running
    if (this.#waiting.length > 0) {
      const message = `The audit trail could not be written to its end: ${this.#waiting.length} lines are lost.`
      this.#options.onWarning(message, undefined)
    }
    await this.#file.close()
    this.#file = undefined
  }
}

/** What a trail begins with, or goes on with. */
function firstRecords(index: string, { seq }: ChainEnd, torn?: TornLine, follows?: string): AuditRecord[] {
  const behind = follows === undefined ? {} : { follows }
  const left = torn && { torn: torn.bytes, movedTo: torn.movedTo }
  const records: AuditRecord[] = []
  if (seq === 0) {
    const fields = { format: AUDIT_FORMAT, version: AUDIT_VERSION, index, ...behind }
    records.push({ type: 'begin', fields })
  }
  if (seq > 0 || torn !== undefined) {
    records.push({ type: 'resumed', fields: { index, ...(seq > 0 ? behind : {}), ...left } })
  }
  return records
}
