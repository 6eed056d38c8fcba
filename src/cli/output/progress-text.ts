import { formatBytes, formatDuration, printable } from '../text.js'
import { pad, shorten, widthOf } from './width.js'

/** How far something is, as the words tell it. */
export interface Progress {
  readonly name: string
  readonly transferred: number
  readonly size?: number
  readonly files?: { readonly done: number; readonly total?: number }
  /** How many sources bytes come from. */
  readonly sources?: number
  /** The place in the line of a source, while none has a slot for us. */
  readonly place?: number
}

/** With the pace at which it goes. */
export interface PacedProgress extends Progress {
  /** Bytes per second, of late. */
  readonly rate: number
  /** Milliseconds that the rest takes, where that can be told. */
  readonly eta?: number | undefined
}

const LONGEST_BAR = 40
const SHORTEST_BAR = 8

/**
 * The line of a progress on a terminal. The numbers go before the name, and the name before the bar, when there is
 * little room.
 *
 * @param nameWidth - columns that the names of all lines take; 0 shows none
 */
export function progressText(progress: PacedProgress, width: number, nameWidth = 0): string {
  const { transferred, size } = progress
  const part = size === undefined ? undefined : size === 0 ? 1 : Math.min(1, transferred / size)
  const percent = part === undefined ? [] : [`${Math.floor(part * 100)}%`.padStart(4)]
  const facts = [...percent, ...factsOf(progress)].join('  ')
  const room = width - widthOf(facts)
  const name = Math.min(nameWidth, Math.max(0, room - 2))
  const bar = Math.min(LONGEST_BAR, room - (name === 0 ? 0 : name + 2) - 1)
  const parts = [
    ...(name === 0 ? [] : [`${pad(shorten(printable(progress.name), name), name)} `]),
    ...(part === undefined || bar < SHORTEST_BAR ? [] : [barOf(part, bar)]),
    facts,
  ]
  return shorten(parts.join(' '), width)
}

function factsOf({ transferred, size, rate, eta, files, sources, place }: PacedProgress): string[] {
  const bytes = formatBytes(transferred)
  const facts = [size === undefined ? bytes : `${bytes} of ${formatBytes(size)}`]
  if (place !== undefined) return [...facts, `waiting, number ${place} in the line`]
  facts.push(`${formatBytes(Math.round(rate))}/s`)
  if (eta !== undefined && eta > 0) facts.push(`${formatDuration(eta)} left`)
  if (files !== undefined) {
    facts.push(files.total === undefined ? `${files.done} files` : `${files.done} of ${files.total} files`)
  }
  if (sources !== undefined && sources > 0) facts.push(sources === 1 ? '1 source' : `${sources} sources`)
  return facts
}

function barOf(part: number, width: number): string {
  const full = Math.floor(part * width)
  return '\u2588'.repeat(full) + '\u2591'.repeat(width - full)
}
