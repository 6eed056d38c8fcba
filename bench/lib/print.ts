const MIB = 1_048_576

export const inMiB = (bytes: number): number => Math.round(bytes / MIB)

/** Prints how a figure compares with what it is meant to be. */
export function printBar(
  what: string,
  figure: number,
  sense: 'at least' | 'at most' | 'under',
  bar: number,
): void {
  const isMet = sense === 'at least' ? figure >= bar : sense === 'at most' ? figure <= bar : figure < bar
  const shown = Number.isInteger(figure) ? figure : figure.toFixed(2)
  console.log(`${isMet ? 'met   ' : 'MISSED'} ${what}: ${shown}, to be ${sense} ${bar}`)
}
