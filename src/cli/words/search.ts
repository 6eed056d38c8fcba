import type { Peer, SearchHit, SearchOptions } from '../../index.js'
import type { Column } from '../output/table.js'
import { formatAge, formatBytes, printable } from '../text.js'
import { usageError } from '../usage.js'
import { age, oneOf, size, text } from './read.js'
import type { PeerWord, Said } from './word.js'

const COLUMNS: readonly Column[] = [
  { title: 'SIZE', align: 'right' },
  { title: 'SOURCES', align: 'right' },
  { title: 'AGE', align: 'right' },
  // Last: no two terminals agree on how wide names are.
  { title: 'NAME', shrinks: true },
]

interface SearchFlags {
  readonly glob?: string
  readonly minSize?: number
  readonly maxSize?: number
  readonly ext?: string
  readonly from?: string
  readonly root?: string
  readonly newer?: number
  readonly order?: NonNullable<SearchOptions['order']>
  readonly matchCase?: boolean
  readonly offline?: boolean
  readonly long?: boolean
}

/** `search`, or `sch` as the original has it. */
export const search: PeerWord = {
  kind: 'peer',
  name: 'search',
  aliases: ['sch'],
  group: 'Files of others:',
  summary: 'list the files of others whose names contain all the texts',
  notes: [
    'One text alone is compared with its capitals; with more texts or options, capitals do not count unless ' +
      '--match-case says so.',
  ],
  args: [
    { syntax: '[text...]', about: 'what the names contain; none is needed where an option says enough' },
  ],
  options: [
    {
      flags: '--glob <pattern>',
      about: 'only names that fit it, such as "talks/**/*.mp4"',
      read: text('a pattern, such as "talks/**/*.mp4"'),
    },
    { flags: '--min-size <size>', about: 'only files that are as large at least, such as 10M', read: size },
    { flags: '--max-size <size>', about: 'only files that are as large at the most', read: size },
    { flags: '--ext <ending>', about: 'only names with this ending', read: text('an ending, such as mp4') },
    { flags: '--from <user>', about: 'only what this user offers', read: text('a user') },
    {
      flags: '--root <root>',
      about: 'only the content with this root',
      read: text('the root of a content'),
    },
    { flags: '--newer <age>', about: 'only what was published since, such as 7d; s, m, h, d, w', read: age },
    {
      flags: '--order <order>',
      about: 'what comes first: name, size, newest, sources',
      read: oneOf('name', 'size', 'newest', 'sources'),
      shownDefault: 'name',
    },
    { flags: '--match-case', about: 'capitals count' },
    { flags: '--offline', about: 'also what nobody offers now' },
    { flags: '--long', about: 'sizes, sources and ages also where it is no terminal' },
  ],
  examples: [
    ['keynote', 'names that contain "keynote"'],
    ['keynote 2024 --ext mp4 --newer 7d', 'both texts, of the last week, films alone'],
    ['--glob "photos/**" --order size', 'all below photos, the largest first'],
    ['.iso --json', 'an object a line: name, size, sources, root, publishedAt'],
  ],
  share: 'leave',
  quick: true,
  async run(context, { args, options }) {
    const now = new Date()
    const { long = false, ...flags } = options as SearchFlags
    const { query, options: wanted } = toSearch(args, flags, now)
    if (query === '' && Object.keys(wanted).length === 0) {
      throw usageError('it needs a text, or an option that says what to look for')
    }
    const { signal } = context
    const hits = await collectHits(context.peer, query, { ...wanted, signal })
    context.found = hits.map(({ name }) => name)
    context.output.list({
      heading: ['file found', 'files found', 'No files found'],
      columns: COLUMNS,
      rows: hits.map((hit) => ({ cells: cellsOf(hit, now), record: recordOf(hit) })),
      plain: long ? -1 : COLUMNS.length - 1,
    })
    return 0
  },
}

/**
 * What to ask for. One text alone is compared as the original compares it, capitals and all.
 */
export function toSearch(
  texts: readonly string[],
  { ext, newer, offline, ...flags }: Said['options'] & SearchFlags,
  now: Date,
): { readonly query: string; readonly options: SearchOptions } {
  const options: SearchOptions = {
    ...flags,
    ...(ext === undefined ? {} : { extension: ext }),
    ...(newer === undefined ? {} : { publishedAfter: new Date(now.getTime() - newer) }),
    ...(offline === undefined ? {} : { includeOffline: offline }),
  }
  const isPlain = texts.length === 1 && Object.keys(options).length === 0
  return { query: texts.join(' '), options: isPlain ? { matchCase: true } : options }
}

/** All that a search finds, or so many of it. */
export async function collectHits(
  peer: Peer,
  query: string,
  options: SearchOptions,
  most = Number.POSITIVE_INFINITY,
): Promise<SearchHit[]> {
  const hits: SearchHit[] = []
  for await (const hit of peer.search(query, options)) {
    hits.push(hit)
    if (hits.length >= most) break
  }
  return hits
}

const cellsOf = ({ name, size, sources, publishedAt }: SearchHit, now: Date): string[] => [
  size === undefined ? '?' : formatBytes(size),
  sources === undefined ? '?' : String(sources),
  publishedAt === undefined ? '?' : formatAge(now.getTime() - publishedAt.getTime()),
  printable(name),
]

const recordOf = ({ name, size, sources, root, publishedAt }: SearchHit): object => ({
  name,
  size,
  sources,
  root,
  publishedAt,
})
