import { BitTrickleError } from '../errors.js'
import { MAX_AUDIENCE } from './limits.js'
import { groupProblemOf, quote, usernameProblem } from './names.js'

/**
 * The users and groups that a name is published to, as one text: sorted, each once, with a space between them, which no
 * user name has. undefined is everybody.
 */
export type Audience = string | undefined

/**
 * Makes the text of a list of users and "@groups".
 * @throws {@link BitTrickleError} `INVALID_OPTION` for a list of nobody or of too many, and for what can be no name
 */
export function toAudience(to: readonly string[] | undefined): Audience {
  if (to === undefined) return undefined
  const words = [...new Set(to)].sort()
  if (words.length === 0) throw invalid('The option "to" names nobody; leave it out to publish to everybody')
  if (words.length > MAX_AUDIENCE) {
    throw invalid(
      `The option "to" names ${words.length} users and groups, more than ${MAX_AUDIENCE}; make a group of them`,
    )
  }
  for (const word of words) {
    const problem = word.startsWith('@') ? groupProblemOf(word.slice(1)) : usernameProblem(word)
    if (problem !== undefined) throw invalid(`The option "to" has ${quote(word)}, which ${problem}`)
  }
  return words.join(' ')
}

/** The list that a text stands for. */
export const toList = (audience: Audience): readonly string[] | undefined => audience?.split(' ')

const invalid = (what: string): BitTrickleError => new BitTrickleError('INVALID_OPTION', `${what}.`)
