import type { DownloadedFile, SearchHit } from '../../index.js'
import { counted, formatBytes, printable } from '../text.js'
import { usageError } from '../usage.js'
import { oneDownload } from './one-download.js'
import { text } from './read.js'
import { collectHits, toSearch } from './search.js'
import { forEach } from './several.js'
import type { PeerWord, Said, WordContext } from './word.js'

// Each asks all sources of its file at once; more at a time would only take slots from others.
const AT_ONCE = 4
// Each is a download by itself; a folder fetches many more, and faster.
const MOST_OF_ALL = 10_000

interface GetOptions {
  readonly from?: string
  readonly root?: string
  readonly as?: string
  readonly overwrite?: boolean
  readonly all?: boolean
  readonly yes?: boolean
}

/** `get`: the original's word for a download. */
export const get: PeerWord = {
  kind: 'peer',
  name: 'get',
  group: 'Files of others:',
  summary: 'download files; with a "/" behind it, a name is a folder',
  notes: [
    'What has arrived is kept when a download is cut short, and the same words go on with it. A file that is there ' +
      'already is not overwritten unless you say so.',
    'Where several names are given, the others go on when one fails; the exit code is that of the first that failed.',
  ],
  args: [{ syntax: '<name...>', about: 'what to download; with --all, the texts that all names contain' }],
  options: [
    { flags: '--from <user>', about: 'only from this user', read: text('a user') },
    { flags: '--root <root>', about: 'only the content with this root', read: text('the root of a content') },
    { flags: '--as <name>', about: 'under another name in the download folder', read: text('a name') },
    { flags: '--overwrite', about: 'replace a file that is there already' },
    { flags: '--all', about: 'download all that a search for the names finds' },
    { flags: '--yes', about: 'with --all, do not ask before' },
  ],
  examples: [
    ['talks/keynote.mp4', 'one file, to talks/keynote.mp4 in the download folder'],
    ['talks/keynote.mp4 --as keynote.mp4 --from yoda', 'from yoda, under another name'],
    ['photos/', 'a folder: all that is below it and not there yet'],
    ['a.iso b.iso c.iso', 'several, at once'],
    ['--all .flac --yes', 'all names that contain ".flac", without being asked'],
  ],
  share: 'named',
  offers: 'found',
  async run(context, { args, options }) {
    const { all = false, as, root } = options as GetOptions
    const names = all ? await allOf(context, args, options) : [...new Set(args)]
    if (names.length > 1 && (as !== undefined || root !== undefined)) {
      throw usageError('--as and --root go with one name alone')
    }
    return forEach(context, names, AT_ONCE, async (name, id) => {
      const { path, size, files } = await download(context, name, id, options)
      const what = files === undefined ? [] : [counted(files.length, 'file', 'files')]
      context.output.result(
        `Downloaded ${printable(name)}: ${[...what, formatBytes(size)].join(', ')}, at ${path}`,
        { name, path, size, ...(files === undefined ? {} : { files: files.length }) },
      )
    })
  },
}

function download(
  { peer, output, signal }: WordContext,
  name: string,
  id: number,
  { from, root, as, overwrite }: Said['options'] & GetOptions,
): Promise<DownloadedFile> {
  const wanted = Object.entries({ from, root, as, overwrite }).filter(([, value]) => value !== undefined)
  return oneDownload(peer.get(name, { ...Object.fromEntries(wanted), signal }), output, id)
}

/** All that a search finds, when the user is content with how much that is. */
async function allOf(
  { peer, output, signal }: WordContext,
  texts: readonly string[],
  { from, yes = false }: Said['options'] & GetOptions,
): Promise<string[]> {
  const { query, options } = toSearch(texts, from === undefined ? {} : { from }, new Date())
  const hits = await collectHits(peer, query, { ...options, signal }, MOST_OF_ALL + 1)
  if (hits.length === 0 || hits.length > MOST_OF_ALL) {
    const { BitTrickleError } = await import('../../index.js')
    if (hits.length === 0) {
      throw new BitTrickleError('NOT_FOUND', `No name of others contains ${JSON.stringify(query)}.`)
    }
    const message = `More than ${MOST_OF_ALL} names contain ${JSON.stringify(query)}. Say more of them, or get a folder: get FOLDER/`
    throw new BitTrickleError('NOT_SUPPORTED', `${message}.`)
  }
  const question = `Download ${counted(hits.length, 'file', 'files')}, ${sizeOf(hits)}?`
  if (!yes && !(await output.confirm(question, signal))) return []
  return hits.map(({ name }) => name)
}

function sizeOf(hits: readonly SearchHit[]): string {
  const known = hits.flatMap(({ size }) => (size === undefined ? [] : [size]))
  const sum = formatBytes(known.reduce((total, size) => total + size, 0))
  if (known.length === hits.length) return sum
  return known.length === 0 ? 'of unknown size' : `${sum} and what is unknown`
}
