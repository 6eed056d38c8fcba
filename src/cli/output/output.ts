import type { Failure } from '../failures.js'
import type { Progress } from './progress-text.js'
import type { Column } from './table.js'

/** A list of results. */
export interface ResultList {
  /** "file found", "files found", "No files found". */
  readonly heading: readonly [one: string, many: string, none: string]
  readonly columns: readonly Column[]
  readonly rows: readonly ResultRow[]
  /** The column that stands alone where nobody looks at a table; -1 keeps all of them. */
  readonly plain: number
}

/** One of the results of a list. */
export interface ResultRow {
  readonly cells: readonly string[]
  /** With stable keys: it is what `--json` prints. */
  readonly record: object
}

/** Where words put what comes of them. All that is handed over is plain data. */
export interface Output {
  /** Several results, of one kind. */
  list(list: ResultList): void
  /** A result, as a sentence and as data. */
  result(text: string, record: object): void
  /** Something that happens by itself, or is good to know. */
  note(text: string, record?: object): void
  /** Something that did not work, while other things go on. */
  failure(failure: Failure): void
  /** How far something is that takes its time; the number 0 is for what is alone. */
  progress(id: number, progress: Progress): void
  /** It has ended, one way or the other. */
  progressEnd(id: number): void
  /** Asks for a yes or a no; without somebody to ask, it is a yes. */
  confirm(question: string, signal: AbortSignal): Promise<boolean>
}
