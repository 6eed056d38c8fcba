import pc from 'picocolors'
import { type Failure, failureText } from '../failures.js'
import { counted } from '../text.js'
import type { Output, ResultList } from './output.js'
import { ProgressBars } from './progress-bars.js'
import { ProgressEvents } from './progress-events.js'
import type { Progress } from './progress-text.js'
import { formatTable } from './table.js'

/** How a program puts things out. */
export interface ProgramOutputOptions {
  readonly json: boolean
  /** With `json`, whether it tells how far things are. */
  readonly progress: boolean
  /** Absent: where the stream is a terminal, and by NO_COLOR and FORCE_COLOR. */
  readonly color: boolean | undefined
  /** Whether it answers in a shell, where a list is a sentence of a conversation also without a terminal. */
  readonly isShell: boolean
  /** Writes a line that comes by itself without tearing what is being typed. */
  readonly note: (line: string) => void
  readonly confirm: (question: string, signal: AbortSignal) => Promise<boolean>
}

/** Results on stdout, all else on stderr; tables and bars on a terminal, lines elsewhere, JSON where it is asked for. */
export class ProgramOutput implements Output {
  readonly #options: ProgramOutputOptions
  readonly #bars = new ProgressBars(process.stderr)
  readonly #events = new ProgressEvents((line) => process.stderr.write(line))

  constructor(options: ProgramOutputOptions) {
    this.#options = options
  }

  list({ heading: [one, many, none], columns, rows, plain }: ResultList): void {
    const { json, isShell } = this.#options
    if (json) {
      for (const { record } of rows) this.#out(JSON.stringify(record))
      return
    }
    const title = rows.length === 0 ? none : `${counted(rows.length, one, many)}:`
    const isTerminal = process.stdout.isTTY === true
    // Alone, it is in the way of whatever reads the lines.
    if (isTerminal || isShell) this.#out(title)
    else if (rows.length === 0) this.note(title)
    if (rows.length === 0) return
    const cells = rows.map((row) => row.cells)
    if (!isTerminal && plain >= 0) {
      for (const row of cells) this.#out(row[plain] ?? '')
      return
    }
    const width = isTerminal ? process.stdout.columns || 80 : Number.POSITIVE_INFINITY
    const [titles = '', ...lines] = formatTable(columns, cells, width)
    this.#out(this.#colors(process.stdout).dim(titles))
    for (const line of lines) this.#out(line)
  }

  result(text: string, record: object): void {
    this.#out(this.#options.json ? JSON.stringify(record) : text)
  }

  note(text: string, record: object = { event: 'note', message: text }): void {
    const line = this.#options.json ? JSON.stringify(record) : text
    if (this.#bars.isActive) this.#bars.write(`${line}\n`)
    else this.#options.note(line)
  }

  failure(failure: Failure): void {
    if (this.#options.json) this.#write(process.stderr, JSON.stringify(failure))
    else this.#write(process.stderr, failureText(failure, this.#colors(process.stderr)))
  }

  progress(id: number, progress: Progress): void {
    const { json, progress: wanted } = this.#options
    if (json && wanted) this.#events.show(id, progress)
    else if (!json && process.stderr.isTTY === true) this.#bars.show(id, progress)
  }

  progressEnd(id: number): void {
    this.#events.end(id)
    this.#bars.end(id)
  }

  confirm(question: string, signal: AbortSignal): Promise<boolean> {
    return this.#options.confirm(question, signal)
  }

  /** Removes whatever moves. */
  close(): void {
    this.#bars.stop()
  }

  #out(line: string): void {
    this.#write(process.stdout, line)
  }

  #write(stream: NodeJS.WriteStream, line: string): void {
    // On a terminal both are the same screen.
    if (this.#bars.isActive && stream.isTTY === true) this.#bars.write(`${line}\n`)
    else stream.write(`${line}\n`)
  }

  #colors(stream: NodeJS.WriteStream): ReturnType<typeof pc.createColors> {
    return pc.createColors(this.#options.color ?? hasColors(stream, process.env))
  }
}

/** Whether a stream is to be coloured, where nobody has said so. */
export function hasColors(stream: { readonly isTTY?: boolean }, environment: NodeJS.ProcessEnv): boolean {
  const { NO_COLOR = '', FORCE_COLOR = '', TERM } = environment
  if (NO_COLOR !== '') return false
  if (FORCE_COLOR !== '') return FORCE_COLOR !== '0' && FORCE_COLOR !== 'false'
  return stream.isTTY === true && TERM !== 'dumb'
}
