import { BitTrickleError, type SearchHit, type SearchOptions } from '../index.js'
import { formatAge, formatBytes, printable } from './text.js'

/** What `sch` was asked for. */
export interface SearchWords {
  readonly query: string
  readonly options: SearchOptions
  /** Whether to tell more of each name than the name. */
  readonly long: boolean
}

type Options = { -readonly [Key in keyof SearchOptions]: SearchOptions[Key] }

interface ValueOption {
  readonly needs: string
  /** @returns whether the value is one */
  read(options: Options, value: string, now: Date): boolean
}

const ORDERS: readonly NonNullable<SearchOptions['order']>[] = ['name', 'size', 'newest', 'sources']

const VALUES: Readonly<Record<string, ValueOption>> = {
  '--glob': { needs: 'a pattern, such as "talks/**/*.mp4"', read: text('glob') },
  '--min-size': { needs: 'a size, such as 10M', read: size('minSize') },
  '--max-size': { needs: 'a size, such as 10M', read: size('maxSize') },
  '--ext': { needs: 'an ending, such as mp4', read: text('extension') },
  '--from': { needs: 'a user', read: text('from') },
  '--root': { needs: 'the root of a content', read: text('root') },
  '--newer': {
    needs: 'an age, such as 7d; there are s, m, h, d and w',
    read(options, value, now) {
      const age = parseAge(value)
      if (age === undefined || age > now.getTime()) return false
      options.publishedAfter = new Date(now.getTime() - age)
      return true
    },
  },
  '--order': {
    needs: ORDERS.join(', '),
    read(options, value) {
      const order = ORDERS.find((each) => each === value)
      if (order !== undefined) options.order = order
      return order !== undefined
    },
  },
}

const FLAGS: Readonly<Record<string, 'matchCase' | 'includeOffline' | 'long'>> = {
  '--match-case': 'matchCase',
  '--offline': 'includeOffline',
  '--long': 'long',
}

/** What the shell shows of it. */
export const SEARCH_USAGE = 'sch TEXT... [OPTION]...'

/**
 * Understands the words behind `sch`. One text alone is compared as the original compares it, capitals and all; with
 * more words or options, capitals count only where that is said.
 *
 * @throws BitTrickleError `INVALID_OPTION`
 */
export function parseSearchWords(words: readonly string[], now: Date): SearchWords {
  const options: Options = {}
  const texts: string[] = []
  let long = false
  const rest = words.values()
  for (const word of rest) {
    const flag = Object.hasOwn(FLAGS, word) ? FLAGS[word] : undefined
    const known = Object.hasOwn(VALUES, word) ? VALUES[word] : undefined
    if (flag === 'long') long = true
    else if (flag !== undefined) options[flag] = true
    else if (known === undefined) texts.push(word)
    else {
      const { value, done } = rest.next()
      if (done === true || value === '' || !known.read(options, value, now)) {
        throw usage(`${word} needs ${known.needs}.`)
      }
    }
  }
  const isPlain = Object.keys(options).length === 0
  if (texts.length === 0 && isPlain) throw usage('It needs a text, or an option that says what to look for.')
  // A text may begin so, if it is all that there is.
  const unknown = texts.find((each) => each.startsWith('--'))
  if (unknown !== undefined && (texts.length > 1 || !isPlain)) {
    throw usage(`There is no option "${printable(unknown)}".`)
  }
  if (isPlain && texts.length === 1) options.matchCase = true
  return { query: texts.join(' '), options, long }
}

function text(name: 'glob' | 'extension' | 'from' | 'root'): ValueOption['read'] {
  return (options, value) => {
    options[name] = value
    return true
  }
}

function size(name: 'minSize' | 'maxSize'): ValueOption['read'] {
  return (options, value) => {
    const bytes = parseSize(value)
    if (bytes === undefined) return false
    options[name] = bytes
    return true
  }
}

/** "10M" as bytes, by 1,024 as sizes are shown; undefined for what is none. */
function parseSize(value: string): number | undefined {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)([KMGT]?)(?:i?B)?$/iu.exec(value) ?? []
  if (number === undefined) return undefined
  return Math.round(Number(number) * 1024 ** (unit === '' ? 0 : 'KMGT'.indexOf(unit.toUpperCase()) + 1))
}

const AGES: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
}

function parseAge(value: string): number | undefined {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)([smhdw])$/u.exec(value) ?? []
  const factor = AGES[unit]
  return number === undefined || factor === undefined ? undefined : Math.round(Number(number) * factor)
}

function usage(hint: string): BitTrickleError {
  const all = [...Object.keys(VALUES), ...Object.keys(FLAGS)].join(', ')
  return new BitTrickleError('INVALID_OPTION', `Usage: ${SEARCH_USAGE} ${hint} The options are ${all}.`)
}

/** Hits as a table. The names stand last: no two terminals agree on how wide they are. */
export function tableOf(hits: readonly SearchHit[], now: Date): string[] {
  const rows = hits.map(({ name, size, sources, publishedAt }) => [
    size === undefined ? '?' : formatBytes(size),
    sources === undefined ? '?' : String(sources),
    publishedAt === undefined ? '?' : formatAge(now.getTime() - publishedAt.getTime()),
    printable(name),
  ])
  const all = [['SIZE', 'SOURCES', 'AGE', 'NAME'], ...rows]
  const widths = [0, 1, 2].map((column) => Math.max(...all.map((row) => (row[column] as string).length)))
  return all.map((row) => row.map((cell, column) => cell.padStart(widths[column] ?? 0)).join('  '))
}
