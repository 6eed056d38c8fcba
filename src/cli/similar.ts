const MOST_EDITS = 2

/** The word that is most like another one, if any is hardly different. */
export function findSimilar(text: string, words: readonly string[]): string | undefined {
  const edits = words.map((word) => ({ word, count: editsBetween(text, word) }))
  const [best] = edits.sort((one, other) => one.count - other.count)
  // Of a short word two letters are most of it.
  return best !== undefined && best.count > 0 && best.count <= Math.min(MOST_EDITS, best.word.length / 3)
    ? best.word
    : undefined
}

// Letters that are added, left out, changed, or swapped with the next (Damerau and Levenshtein, the restricted form).
function editsBetween(from: string, to: string): number {
  const rows: number[][] = [Array.from({ length: to.length + 1 }, (_none, index) => index)]
  const at = (row: number, column: number): number => rows[row]?.[column] ?? Number.POSITIVE_INFINITY
  for (let row = 1; row <= from.length; row += 1) {
    rows[row] = [row]
    for (let column = 1; column <= to.length; column += 1) {
      const same = from[row - 1] === to[column - 1]
      const isSwap = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]
      const swap = isSwap ? at(row - 2, column - 2) + 1 : Number.POSITIVE_INFINITY
      const others = [
        at(row - 1, column) + 1,
        at(row, column - 1) + 1,
        at(row - 1, column - 1) + (same ? 0 : 1),
      ]
      ;(rows[row] as number[])[column] = Math.min(swap, ...others)
    }
  }
  return at(from.length, to.length)
}
