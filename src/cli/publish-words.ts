import { BitTrickleError } from '../index.js'
import { parseAudience } from './share-words.js'
import { printable } from './text.js'

/** What `pub` was asked for. */
export interface PublishWords {
  readonly path: string
  /** Absent: everybody. */
  readonly to?: readonly string[]
}

/**
 * Understands the words behind `pub`.
 * @throws BitTrickleError `INVALID_OPTION`
 */
export function parsePublishWords(words: readonly string[]): PublishWords {
  const to: string[] = []
  const paths: string[] = []
  const rest = words.values()
  for (const word of rest) {
    if (word !== '--to') {
      paths.push(word)
      continue
    }
    const { value, done } = rest.next()
    const audience = done === true ? [] : parseAudience(value)
    if (audience.length === 0) throw usage('--to needs a user or a @group.')
    to.push(...audience)
  }
  const [path = ''] = paths
  if (path === '') throw usage('It needs a file or a folder.')
  if (paths.length > 1) throw usage('Put quotes around a name with spaces.')
  if (path.startsWith('--')) throw usage(`There is no option "${printable(path)}".`)
  return { path, ...(to.length === 0 ? {} : { to }) }
}

const usage = (hint: string): BitTrickleError =>
  new BitTrickleError('INVALID_OPTION', `Usage: pub FILE [--to USER,@GROUP]... ${hint}`)
