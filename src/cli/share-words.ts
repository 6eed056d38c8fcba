import { BitTrickleError, type SharedFolder } from '../index.js'
import { printable } from './text.js'

/** What `share` was asked for. */
export interface ShareWords {
  readonly folder: string
  readonly ignore: readonly string[]
  /** Absent: everybody. */
  readonly to?: readonly string[]
}

/**
 * Understands the words behind `share`.
 * @throws BitTrickleError `INVALID_OPTION`
 */
export function parseShareWords(words: readonly string[]): ShareWords {
  const ignore: string[] = []
  const to: string[] = []
  const folders: string[] = []
  const rest = words.values()
  for (const word of rest) {
    if (word !== '--ignore' && word !== '--to') {
      folders.push(word)
      continue
    }
    const { value, done } = rest.next()
    if (word === '--ignore') {
      if (done === true) throw usage('--ignore needs a pattern.')
      ignore.push(value)
      continue
    }
    const audience = done === true ? [] : parseAudience(value)
    if (audience.length === 0) throw usage('--to needs a user or a @group.')
    to.push(...audience)
  }
  const [folder = ''] = folders
  if (folder === '') throw usage('It needs a folder.')
  if (folders.length > 1) throw usage('Put quotes around a name with spaces.')
  if (folder.startsWith('--')) throw usage(`There is no option "${printable(folder)}".`)
  return { folder, ignore, ...(to.length === 0 ? {} : { to }) }
}

/** Users and groups with commas between them. */
export const parseAudience = (text: string): string[] => text.split(',').filter((word) => word !== '')

const usage = (hint: string): BitTrickleError =>
  new BitTrickleError(
    'INVALID_OPTION',
    `Usage: share FOLDER [--ignore GLOB]... [--to USER,@GROUP]... ${hint}`,
  )

/** Tells what a shared folder does from now on; of its warnings tells the peer. */
export function reportShared(shared: SharedFolder, note: (line: string) => void): void {
  shared.on('published', ({ name }) => note(`Published ${printable(name)}`))
  shared.on('unpublished', (name) => note(`Unpublished ${printable(name)}`))
}
