import { BitTrickleError } from '../index.js'
import { printable } from './text.js'

/** What `get` was asked for. */
export interface GetWords {
  readonly name: string
  readonly from?: string
  readonly root?: string
  readonly as?: string
  readonly overwrite?: boolean
}

const OPTIONS: Readonly<Record<string, readonly [option: 'from' | 'root' | 'as', needs: string]>> = {
  '--from': ['from', 'a user'],
  '--root': ['root', 'the root of a content'],
  '--as': ['as', 'a name'],
}

/** What the shell shows of it. */
export const GET_USAGE = 'get NAME [--from USER] [--root ROOT] [--as NAME] [--overwrite]'

/**
 * Understands the words behind `get`.
 * @throws BitTrickleError `INVALID_OPTION`
 */
export function parseGetWords(words: readonly string[]): GetWords {
  const options: { -readonly [Key in keyof GetWords]?: GetWords[Key] } = {}
  const names: string[] = []
  const rest = words.values()
  for (const word of rest) {
    if (word === '--overwrite') {
      options.overwrite = true
      continue
    }
    const known = Object.hasOwn(OPTIONS, word) ? OPTIONS[word] : undefined
    if (known === undefined) {
      names.push(word)
      continue
    }
    const [option, needs] = known
    const { value, done } = rest.next()
    if (done === true || value === '') throw usage(`${word} needs ${needs}.`)
    options[option] = value
  }
  const [name = ''] = names
  if (name === '') throw usage('It needs a name.')
  // A name may begin so, if it is the only one.
  const unknown = names.find((each) => each.startsWith('--'))
  if (names.length > 1 && unknown !== undefined) throw usage(`There is no option "${printable(unknown)}".`)
  if (names.length > 1) throw usage('Put quotes around a name with spaces.')
  return { ...options, name }
}

const usage = (hint: string): BitTrickleError =>
  new BitTrickleError('INVALID_OPTION', `Usage: ${GET_USAGE}. ${hint}`)
