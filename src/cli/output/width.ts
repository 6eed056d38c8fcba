import stringWidth from 'fast-string-width'

const ELLIPSIS = '…'

/** How many columns of a terminal a text takes: none for what combines, two for what is wide. */
export const widthOf = (text: string): number => stringWidth(text)

/** A text with spaces up to a width, behind it or before it. */
export function pad(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const spaces = ' '.repeat(Math.max(0, width - widthOf(text)))
  return align === 'left' ? text + spaces : spaces + text
}

/** A text that fits a width: what is too long loses its middle, since names differ most at their ends. */
export function shorten(text: string, width: number): string {
  if (widthOf(text) <= width) return text
  if (width < 1) return ''
  const characters = [...new Intl.Segmenter().segment(text)].map(({ segment }) => segment)
  const room = width - widthOf(ELLIPSIS)
  // The end is given more: that is where the ending of a file name is.
  const end = take([...characters].reverse(), Math.ceil(room / 2))
  const start = take(characters, room - widthOf(end.join('')))
  return [...start, ELLIPSIS, ...end.reverse()].join('')
}

function take(characters: readonly string[], width: number): string[] {
  const taken: string[] = []
  let left = width
  for (const character of characters) {
    left -= widthOf(character)
    if (left < 0) break
    taken.push(character)
  }
  return taken
}
