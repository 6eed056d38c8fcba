import { MultiBar, type SingleBar } from 'cli-progress'
import { type Progress, progressText } from './progress-text.js'
import { RateMeter } from './rate-meter.js'
import { widthOf } from './width.js'

interface Line {
  readonly bar: SingleBar
  readonly meter: RateMeter
  progress: Progress
}

// A screen full of bars tells nobody anything, and what scrolls away cannot be drawn over.
const MOST_LINES = 8
const LONGEST_NAME = 30

/** A line on the terminal for each thing that is under way, and none when nothing is. */
export class ProgressBars {
  readonly #stream: NodeJS.WriteStream
  readonly #lines = new Map<number, Line>()
  #bars: MultiBar | undefined
  readonly #onExit = (): void => this.stop()

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream
  }

  /** Whether there are lines now, so that nothing else may be written between them. */
  get isActive(): boolean {
    return this.#bars !== undefined
  }

  /** Shows how far something is now. */
  show(id: number, progress: Progress): void {
    const line = this.#lines.get(id) ?? this.#add(id, progress)
    if (line === undefined) return
    line.progress = progress
    // What was there already is not known yet, and did not come now.
    if (progress.place === undefined) line.meter.add(progress.transferred, performance.now())
  }

  #add(id: number, progress: Progress): Line | undefined {
    if (this.#lines.size >= MOST_LINES) return undefined
    this.#bars ??= this.#open()
    const payload: { line?: Line } = {}
    const line = { bar: this.#bars.create(1, 0, payload), meter: new RateMeter(), progress }
    payload.line = line
    this.#lines.set(id, line)
    return line
  }

  #open(): MultiBar {
    // However the program ends, the cursor is seen again.
    process.on('exit', this.#onExit)
    return new MultiBar({
      format: (_options, _params, payload: { line?: Line }) =>
        payload.line === undefined ? '' : this.#text(payload.line),
      stream: this.#stream,
      hideCursor: true,
      clearOnComplete: true,
      forceRedraw: true,
      // The lines are made to fit.
      linewrap: true,
      gracefulExit: false,
    })
  }

  #text({ progress, meter }: Line): string {
    const now = performance.now()
    const { size } = progress
    const eta = size === undefined ? undefined : meter.eta(size, now)
    // What is alone needs no name.
    const names = [...this.#lines].map(([id, line]) => (id === 0 ? 0 : widthOf(line.progress.name)))
    const nameWidth = Math.min(LONGEST_NAME, Math.max(...names))
    // A terminal may wrap a line that fills it.
    const width = (this.#stream.columns || 80) - 1
    return progressText({ ...progress, rate: meter.rate(now), eta }, width, nameWidth)
  }

  /** Removes the line of what has ended. */
  end(id: number): void {
    const line = this.#lines.get(id)
    if (line === undefined) return
    this.#lines.delete(id)
    if (this.#lines.size === 0) this.stop()
    else this.#bars?.remove(line.bar)
  }

  /** Writes whole lines above those that are shown. */
  write(text: string): void {
    this.#bars?.log(text)
    this.#bars?.update()
  }

  /** Removes all lines. */
  stop(): void {
    process.off('exit', this.#onExit)
    this.#bars?.stop()
    this.#bars = undefined
    this.#lines.clear()
  }
}
