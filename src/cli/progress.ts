import { SingleBar } from 'cli-progress'
import type { TransferProgress } from '../index.js'
import { formatBytes } from './text.js'

const BAR_WIDTH = 40

/** A line about how far something is, on a terminal and not at all elsewhere. */
export class ProgressLine {
  readonly #output: NodeJS.WriteStream
  readonly #startedAt = performance.now()
  #bar: SingleBar | undefined

  constructor(output: NodeJS.WriteStream) {
    this.#output = output
  }

  /** Shows how far it is now. */
  show(progress: TransferProgress): void {
    if (!this.#output.isTTY) return
    const line = progressText(progress, performance.now() - this.#startedAt)
    this.#bar ??= start(this.#output)
    this.#bar.update(0, { line })
  }

  /** Removes the line. May be called again. */
  stop(): void {
    this.#bar?.stop()
    this.#bar = undefined
  }
}

/**
 * What is shown of a progress. Where nobody knows how much there is, the bytes and the rate must do.
 *
 * @param elapsed - milliseconds since it began
 */
export function progressText({ transferred, size, files }: TransferProgress, elapsed: number): string {
  const rate = `${formatBytes(Math.round(transferred / Math.max(0.001, elapsed / 1000)))}/s`
  const count = files === undefined ? [] : [countText(files)]
  if (size === undefined) return [formatBytes(transferred), rate, ...count].join('  ')
  const part = size === 0 ? 1 : Math.min(1, transferred / size)
  const full = Math.floor(part * BAR_WIDTH)
  const bar = '\u2588'.repeat(full) + '\u2591'.repeat(BAR_WIDTH - full)
  const bytes = `${formatBytes(transferred)} of ${formatBytes(size)}`
  return [`${bar} ${Math.floor(part * 100)}%`, bytes, rate, ...count].join('  ')
}

const countText = ({ done, total }: NonNullable<TransferProgress['files']>): string =>
  total === undefined ? `${done} files` : `${done} of ${total} files`

function start(stream: NodeJS.WriteStream): SingleBar {
  const format = (_options: unknown, _params: unknown, { line }: { line: string }): string => line
  const bar = new SingleBar({ format, stream, hideCursor: true, clearOnComplete: true })
  bar.start(1, 0, { line: '' })
  return bar
}
