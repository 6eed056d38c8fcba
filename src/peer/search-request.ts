import { BitTrickleError } from '../errors.js'
import { MAX_CONTENT_BYTES, MAX_SEARCH_WORDS } from '../wire/limits.js'
import type { SearchRequest } from '../wire/messages.js'
import {
  extensionProblem,
  globProblem,
  prefixProblem,
  queryProblem,
  quote,
  rootProblem,
  usernameProblem,
} from '../wire/names.js'
import type { SearchOptions } from './types.js'

const ORDERS: readonly unknown[] = ['name', 'size', 'newest', 'sources']

/**
 * Puts into words what is searched for.
 * @throws BitTrickleError `INVALID_NAME`, `INVALID_OPTION`
 */
export function toSearchRequest(query: string, options: SearchOptions): SearchRequest {
  const { prefix, from, root, minSize, maxSize, publishedAfter, publishedBefore } = options
  const { matchCase = false, includeOffline = false, order = 'name' } = options
  // Names are in normal form C.
  const [glob, extension] = [options.glob?.normalize?.('NFC'), options.extension?.normalize?.('NFC')]
  const [first = '', ...words] = query
    .normalize('NFC')
    .split(/\s+/u)
    .filter((word) => word !== '')
  for (const text of [first, ...words]) assertText('text to search for', queryProblem(text))
  if (words.length > MAX_SEARCH_WORDS) {
    throw new BitTrickleError(
      'INVALID_NAME',
      `A search has at most ${MAX_SEARCH_WORDS + 1} words; received ${words.length + 1}.`,
    )
  }
  assertBoolean('matchCase', matchCase)
  assertBoolean('includeOffline', includeOffline)
  if (!ORDERS.includes(order)) {
    throw invalid(`order must be "name", "size", "newest" or "sources"; received ${String(order)}.`)
  }
  assertText('prefix', prefixProblem(prefix ?? ''))
  assertOption('glob', options.glob, glob, globProblem)
  assertOption('extension', options.extension, extension, extensionProblem)
  assertOption('from', from, from, usernameProblem)
  assertOption('root', root, root, rootProblem)
  assertSizes(minSize, maxSize)
  assertDates(publishedAfter, publishedBefore)
  return {
    type: 'search',
    query: first,
    ...(words.length === 0 ? {} : { words }),
    ...(matchCase || (first === '' && glob === undefined) ? {} : { ignoreCase: true }),
    ...(prefix === undefined ? {} : { prefix }),
    ...(from === undefined ? {} : { from }),
    ...(root === undefined ? {} : { root }),
    ...(minSize === undefined ? {} : { minSize }),
    ...(maxSize === undefined ? {} : { maxSize }),
    ...(extension === undefined ? {} : { extension }),
    ...(glob === undefined ? {} : { glob }),
    ...(publishedAfter === undefined ? {} : { publishedAfter: Math.max(0, publishedAfter.getTime()) }),
    ...(publishedBefore === undefined ? {} : { publishedBefore: Math.max(0, publishedBefore.getTime()) }),
    ...(includeOffline ? { includeOffline } : {}),
    ...(order === 'name' ? {} : { order }),
  }
}

function assertText(what: string, problem: string | undefined): void {
  if (problem !== undefined) throw new BitTrickleError('INVALID_NAME', `The ${what} ${problem}.`)
}

function assertBoolean(name: string, value: unknown): void {
  if (typeof value !== 'boolean') throw invalid(`${name} must be true or false; received ${String(value)}.`)
}

/**
 * Checks an option that is a text, where it is given.
 * @param text - the value in the form in which it is checked
 * @throws BitTrickleError `INVALID_OPTION`
 */
export function assertOption(
  name: string,
  value: unknown,
  text: string | undefined,
  problemOf: (text: string) => string | undefined,
): void {
  if (value === undefined) return
  const problem = typeof value === 'string' && text !== undefined ? problemOf(text) : 'is not a text'
  if (problem === undefined) return
  throw invalid(`The option "${name}" ${problem}; received ${quote(String(value))}.`)
}

function assertSizes(minSize: number | undefined, maxSize: number | undefined): void {
  for (const [name, size] of Object.entries({ minSize, maxSize })) {
    if (size === undefined || (Number.isSafeInteger(size) && size >= 0 && size <= MAX_CONTENT_BYTES)) continue
    throw invalid(`${name} must be whole bytes, 0 to ${MAX_CONTENT_BYTES}; received ${String(size)}.`)
  }
  if (minSize !== undefined && maxSize !== undefined && minSize > maxSize) {
    throw invalid(`minSize must not be above maxSize; received ${minSize} and ${maxSize}.`)
  }
}

function assertDates(after: Date | undefined, before: Date | undefined): void {
  for (const [name, date] of Object.entries({ publishedAfter: after, publishedBefore: before })) {
    if (date === undefined || (date instanceof Date && !Number.isNaN(date.getTime()))) continue
    throw invalid(`${name} must be a valid Date; received ${String(date)}.`)
  }
  if (after !== undefined && before !== undefined && after >= before) {
    const received = `${after.toISOString()} and ${before.toISOString()}`
    throw invalid(`publishedAfter must be earlier than publishedBefore; received ${received}.`)
  }
}

const invalid = (message: string): BitTrickleError => new BitTrickleError('INVALID_OPTION', message)
