/** A text from elsewhere as it may stand on a terminal: no escape sequences, no line of its own. */
export function printable(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/gu, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB']

/** Bytes for people: "1.5 MiB". */
export function formatBytes(bytes: number): string {
  let value = bytes
  let unit = 0
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024
    unit += 1
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${UNITS[unit]}`
}

const AGES: readonly (readonly [ms: number, unit: string])[] = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
]

/** Milliseconds for people, in the largest whole unit: "3 d". A clock that is behind makes nothing younger than new. */
export function formatAge(ms: number): string {
  const [length, unit] = AGES.find(([each]) => ms >= each) ?? [1000, 's']
  return `${Math.max(0, Math.floor(ms / length))} ${unit}`
}

/** Milliseconds for people, as a clock shows them: "1:05", "2:00:00". Rounded up: what is left is never nothing. */
export function formatDuration(ms: number): string {
  const seconds = Math.ceil(ms / 1000)
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
  // Longer than some days is a guess that nobody needs to the second.
  if ((parts[0] as number) >= 100) return 'days'
  const [first, ...rest] = parts[0] === 0 ? parts.slice(1) : parts
  return [String(first), ...rest.map((part) => String(part).padStart(2, '0'))].join(':')
}

/** "1 file found", "2 files found". */
export function counted(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`
}

/**
 * Splits a line into words. White space separates, unless it stands between quotes or behind a backslash.
 *
 * @returns undefined when a quote is left open
 */
export function splitCommand(line: string): string[] | undefined {
  const words: string[] = []
  let word: string | undefined
  let quote = ''
  let isEscaped = false
  for (const character of line) {
    if (isEscaped) {
      word = (word ?? '') + character
      isEscaped = false
    } else if (character === '\\' && quote !== "'") {
      isEscaped = true
    } else if (quote !== '') {
      if (character === quote) quote = ''
      else word = (word ?? '') + character
    } else if (character === '"' || character === "'") {
      quote = character
      word ??= ''
    } else if (/\s/u.test(character)) {
      if (word !== undefined) words.push(word)
      word = undefined
    } else {
      word = (word ?? '') + character
    }
  }
  if (quote !== '' || isEscaped) return undefined
  if (word !== undefined) words.push(word)
  return words
}
