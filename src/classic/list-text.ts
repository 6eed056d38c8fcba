/** How the items of a list are called in its first line. */
export interface ListNoun {
  readonly one: string
  readonly many: string
  /** The whole answer when there are none. */
  readonly none: string
  /** Tells this kind of list from the others in free text. */
  readonly mark: RegExp
}

/**
 * Writes a list: the count and a colon, then an item a line. What does not fit is left out, and the first line says
 * how many are shown: `57 active peers, 45 shown:`.
 */
export function encodeList(noun: ListNoun, items: readonly string[], maxBytes: number): string {
  if (items.length === 0) return noun.none
  const counted = `${items.length} ${items.length === 1 ? noun.one : noun.many}`
  const whole = [`${counted}:`, ...items].join('\n')
  if (Buffer.byteLength(whole) <= maxBytes) return whole

  // No count of shown items has more digits than the count of all.
  let room = maxBytes - Buffer.byteLength(`${counted}, ${items.length} shown:`)
  const shown: string[] = []
  for (const item of items) {
    room -= Buffer.byteLength(item) + 1
    if (room < 0) break
    shown.push(item)
  }
  return [`${counted}, ${shown.length} shown:`, ...shown].join('\n')
}

/** Reads a list whose first line begins with the count and ends with a colon. */
export function decodeList(text: string): { items: string[]; count: number } {
  const [first = '', ...rest] = text.split('\n')
  const items = rest.map((line) => line.replace(/\r$/, '')).filter((line) => line !== '')
  return { items, count: Number.parseInt(first, 10) }
}
