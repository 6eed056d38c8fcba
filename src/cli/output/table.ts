import { pad, shorten, widthOf } from './width.js'

/** A column of a table. */
export interface Column {
  readonly title: string
  readonly align?: 'left' | 'right'
  /** Whether its texts may lose their middle where the terminal is narrow. */
  readonly shrinks?: boolean
}

const GAP = '  '
// Less would tell nobody anything.
const LEAST = 8

/**
 * The lines of a table, the titles first. Spaces alone separate the columns, and none stand at the end of a line.
 *
 * @param width - columns of the terminal; Infinity where it is none, and then nothing is shortened
 */
export function formatTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width: number,
): string[] {
  const all = [columns.map(({ title }) => title), ...rows]
  const widths = columns.map((_column, index) => Math.max(...all.map((row) => widthOf(row[index] ?? ''))))
  const total = widths.reduce((sum, each) => sum + each, 0) + GAP.length * (columns.length - 1)
  let over = total - width
  for (const [index, { shrinks = false }] of columns.entries()) {
    const before = widths[index] as number
    if (over <= 0 || !shrinks) continue
    widths[index] = Math.max(Math.min(before, LEAST), before - over)
    over -= before - (widths[index] as number)
  }
  return all.map((row) =>
    columns
      .map(({ align }, index) => {
        const cellWidth = widths[index] as number
        return pad(shorten(row[index] ?? '', cellWidth), cellWidth, align)
      })
      .join(GAP)
      .trimEnd(),
  )
}
