import { BitTrickleError, type SharedFolder } from '../index.js'
import { printable } from './text.js'

/** What `share` was asked for. */
export interface ShareWords {
  readonly folder: string
  readonly ignore: readonly string[]
}

/**
 * Understands the words behind `share`.
 * @throws BitTrickleError `INVALID_OPTION`
 */
export function parseShareWords(words: readonly string[]): ShareWords {
  const ignore: string[] = []
  const folders: string[] = []
  const rest = words.values()
  for (const word of rest) {
    if (word !== '--ignore') {
      folders.push(word)
      continue
    }
    const { value, done } = rest.next()
    if (done === true) throw usage('--ignore needs a pattern.')
    ignore.push(value)
  }
  const [folder = ''] = folders
  if (folder === '') throw usage('It needs a folder.')
  if (folders.length > 1) throw usage('Put quotes around a name with spaces.')
  if (folder.startsWith('--')) throw usage(`There is no option "${printable(folder)}".`)
  return { folder, ignore }
}

const usage = (hint: string): BitTrickleError =>
  new BitTrickleError('INVALID_OPTION', `Usage: share FOLDER [--ignore GLOB]... ${hint}`)

/** Tells what a shared folder does from now on; of its warnings tells the peer. */
export function reportShared(shared: SharedFolder, note: (line: string) => void): void {
  shared.on('published', ({ name }) => note(`Published ${printable(name)}`))
  shared.on('unpublished', (name) => note(`Unpublished ${printable(name)}`))
}
