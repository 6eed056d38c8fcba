import { BitTrickleError } from '../../errors.js'
import type { SearchRequest } from '../../wire/messages.js'
import { extensionProblem, globProblem, prefixProblem, queryProblem } from '../../wire/names.js'
import type { CatalogueEntry, SearchFilter } from '../catalogue/catalogue-store.js'
import { fold } from '../catalogue/fold.js'
import { NameGlob } from '../catalogue/name-glob.js'
import type { Session } from '../sessions.js'
import { isOfUse } from './content-choice.js'
import type { HandlerContext } from './context.js'

// What it takes to look at an offer, at one more property of it, and at the text of its name, in the steps of
// name-search.ts.
const ASK = 10
const LOOK = 4
const READ = 30

/** What a search asks of names and offers: all of it in one place, together with what the asker may see. */
export type SearchTest = Pick<SearchFilter, 'words' | 'matchCase' | 'includes' | 'cost'>

type OfferTest = (offer: CatalogueEntry) => boolean

/**
 * Reads what is searched for.
 * @throws {@link BitTrickleError} `INVALID_NAME`
 */
export function makeFilter(context: HandlerContext, session: Session, request: SearchRequest): SearchTest {
  const { query, words = [], ignoreCase = false, prefix = '', glob, extension } = request
  for (const text of [query, ...words]) assertText('text to search for', queryProblem(text))
  assertText('prefix', prefixProblem(prefix))
  if (glob !== undefined) assertText('glob', globProblem(glob))
  if (extension !== undefined) assertText('extension', extensionProblem(extension))
  const pattern = glob === undefined ? undefined : new NameGlob(glob, !ignoreCase)
  const ofName = nameTest(pattern, extension)
  // What costs least comes first, and what one may see before all.
  const tests = [isOfUse(context, session, request.includeOffline), ...offerTests(request)]
  if (ofName !== undefined) tests.push(ofName)
  const [only] = tests
  return {
    words: [query, ...words, ...(pattern?.words ?? [])],
    matchCase: !ignoreCase,
    includes: tests.length === 1 ? (only as OfferTest) : (offer) => tests.every((test) => test(offer)),
    cost: ASK + LOOK * (tests.length - 1) + (ofName === undefined ? 0 : READ) + (pattern?.cost ?? 0),
  }
}

function assertText(what: string, problem: string | undefined): void {
  if (problem !== undefined) throw new BitTrickleError('INVALID_NAME', `The ${what} ${problem}.`)
}

function offerTests({
  from,
  root,
  minSize,
  maxSize,
  publishedAfter,
  publishedBefore,
}: SearchRequest): OfferTest[] {
  const tests: OfferTest[] = []
  if (from !== undefined) tests.push(({ username }) => username === from)
  // Of an unknown size it cannot be said that it is within bounds.
  if (minSize !== undefined) tests.push(({ size }) => size !== undefined && size >= minSize)
  if (maxSize !== undefined) tests.push(({ size }) => size !== undefined && size <= maxSize)
  if (publishedAfter !== undefined) tests.push((offer) => offer.publishedAt.getTime() > publishedAfter)
  if (publishedBefore !== undefined) tests.push((offer) => offer.publishedAt.getTime() < publishedBefore)
  if (root !== undefined) tests.push((offer) => offer.root === root)
  return tests
}

function nameTest(glob: NameGlob | undefined, extension: string | undefined): OfferTest | undefined {
  if (glob === undefined && extension === undefined) return undefined
  const ending = extension === undefined ? '' : `.${fold(extension)}`
  return ({ name }) =>
    (ending === '' || fold(name).endsWith(ending)) && (glob === undefined || glob.matches(name))
}
