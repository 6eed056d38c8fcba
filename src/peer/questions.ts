import { BitTrickleError } from '../errors.js'
import { MAX_SEARCH_WORDS } from '../wire/limits.js'
import type {
  LocateRequest,
  PageRequest,
  PeersRequest,
  PublishedRequest,
  SearchRequest,
} from '../wire/messages.js'
import {
  assertName,
  prefixProblem,
  queryProblem,
  quote,
  rootProblem,
  usernameProblem,
} from '../wire/names.js'
import type { HitRecord, PeerRecord, PublicationRecord } from '../wire/records.js'
import type { Connection } from './connection.js'
import type { FoundContent, Wanted } from './download/downloader.js'
import { type PagesOptions, readPages } from './pages.js'
import type { RequestPace } from './request-pace.js'
import type { SearchOptions } from './types.js'

/** What {@link Questions} need. */
export interface QuestionsOptions {
  readonly connection: Pick<Connection, 'request'>
  readonly pace: RequestPace
  readonly onWarning: (message: string) => void
}

/** What a peer asks of the index without changing anything there. Lists are read page by page, as far as wanted. */
export class Questions {
  readonly #options: QuestionsOptions

  constructor(options: QuestionsOptions) {
    this.#options = options
  }

  /** Who else is there? */
  peers(): AsyncGenerator<PeerRecord, void, undefined> {
    return this.#list(
      (page) => this.#options.connection.request<PeersRequest>({ type: 'peers', ...page }),
      ({ username }) => username,
    )
  }

  /** What does this user offer, under names that begin so? */
  published(prefix = ''): AsyncGenerator<PublicationRecord, void, undefined> {
    const request: PublishedRequest = { type: 'published', ...(prefix === '' ? {} : { prefix }) }
    return this.#list(
      (page) => this.#options.connection.request({ ...request, ...page }),
      ({ name }) => name,
    )
  }

  /**
   * What do others offer?
   * @throws BitTrickleError `INVALID_NAME`, while iterating
   */
  async *search(query: string, options: SearchOptions = {}): AsyncGenerator<HitRecord, void, undefined> {
    const { prefix, from, signal, matchCase = false } = options
    // Names are in normal form C.
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
    if (typeof matchCase !== 'boolean') {
      throw new BitTrickleError(
        'INVALID_OPTION',
        `matchCase must be true or false; received ${String(matchCase)}.`,
      )
    }
    assertText('prefix', prefixProblem(prefix ?? ''))
    const request: SearchRequest = {
      type: 'search',
      query: first,
      ...(words.length === 0 ? {} : { words }),
      ...(matchCase || first === '' ? {} : { ignoreCase: true }),
      ...(prefix === undefined ? {} : { prefix }),
      ...(from === undefined ? {} : { from }),
    }
    const given = signal === undefined ? {} : { signal }
    yield* this.#list(
      (page) => this.#options.connection.request({ ...request, ...page }, given),
      ({ name }) => name,
      signal,
    )
  }

  /**
   * Where can this be fetched?
   * @throws BitTrickleError `INVALID_NAME`, `INVALID_OPTION`, `NOT_FOUND`, `OWN_PUBLICATION`
   */
  async locate(name: string, { root, from }: Wanted, signal?: AbortSignal): Promise<FoundContent> {
    assertName(name)
    if (root !== undefined) assertOption('root', root, rootProblem)
    if (from !== undefined) assertOption('from', from, usernameProblem)
    const request: LocateRequest = {
      type: 'locate',
      name,
      ...(root === undefined ? {} : { root }),
      ...(from === undefined ? {} : { from }),
    }
    const { reply } = await this.#options.connection.request(request, signal === undefined ? {} : { signal })
    const { sources, size, ticket } = reply
    const contents = reply.contents === undefined ? {} : { contents: reply.contents }
    if (reply.root === undefined || size === undefined || ticket === undefined) {
      return { sources, ...contents }
    }
    return { sources, root: reply.root, size, ticket, ...contents }
  }

  #list<Item>(
    ask: PagesOptions<Item>['ask'],
    keyOf: PagesOptions<Item>['keyOf'],
    signal?: AbortSignal,
  ): AsyncGenerator<Item, void, undefined> {
    const { pace, onWarning } = this.#options
    return readPages({
      ask: (page: PageRequest) => pace.ask(() => ask(page), signal),
      keyOf,
      onOmitted: (count) => onWarning(`${count} more did not fit the answer of the index; ask for less.`),
    })
  }
}

function assertText(what: string, problem: string | undefined): void {
  if (problem !== undefined) throw new BitTrickleError('INVALID_NAME', `The ${what} ${problem}.`)
}

function assertOption(name: string, value: unknown, problemOf: (text: string) => string | undefined): void {
  const problem = typeof value === 'string' ? problemOf(value) : 'is not a text'
  if (problem === undefined) return
  throw new BitTrickleError(
    'INVALID_OPTION',
    `The option "${name}" ${problem}; received ${quote(String(value))}.`,
  )
}
