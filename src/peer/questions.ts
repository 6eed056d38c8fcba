import type {
  LocateRequest,
  PageRequest,
  PeersRequest,
  PublishedRequest,
  SearchRequest,
} from '../wire/messages.js'
import { assertName, rootProblem, usernameProblem } from '../wire/names.js'
import type { HitRecord, PeerRecord, PublicationRecord } from '../wire/records.js'
import type { Connection } from './connection.js'
import type { FoundContent, Wanted } from './download/found-content.js'
import { itemsOf, type PagesOptions, readPages } from './pages.js'
import type { RequestPace } from './request-pace.js'
import { assertOption, toSearchRequest } from './search-request.js'
import type { SearchHit, SearchOptions } from './types.js'

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
    const pages = this.#list(
      (page) => this.#options.connection.request<PeersRequest>({ type: 'peers', ...page }),
      ({ username }) => username,
    )
    return itemsOf(pages)
  }

  /** What does this user offer, under names that begin so? */
  published(prefix = ''): AsyncGenerator<PublicationRecord, void, undefined> {
    const request: PublishedRequest = { type: 'published', ...(prefix === '' ? {} : { prefix }) }
    const pages = this.#list(
      (page) => this.#options.connection.request({ ...request, ...page }),
      ({ name }) => name,
    )
    return itemsOf(pages)
  }

  /**
   * What do others offer?
   * @throws BitTrickleError `INVALID_NAME`, `INVALID_OPTION`, while iterating
   */
  search(query: string, options?: SearchOptions): AsyncGenerator<SearchHit, void, undefined> {
    return itemsOf(this.searchPages(query, options))
  }

  /**
   * What do others offer, page by page?
   * @param details - whether hits tell all that the index knows: they take twice the room
   * @throws BitTrickleError `INVALID_NAME`, `INVALID_OPTION`, while iterating
   */
  async *searchPages(
    query: string,
    options: SearchOptions = {},
    details = true,
  ): AsyncGenerator<readonly SearchHit[], void, undefined> {
    const { order = 'name', signal } = options
    const request = { ...toSearchRequest(query, options), ...(details ? { details } : {}) }
    const given = signal === undefined ? {} : { signal }
    let isTold = false
    const pages = this.#list(
      async (page) => {
        const answer = await this.#options.connection.request<SearchRequest>({ ...request, ...page }, given)
        if (answer.reply.partial === true && !isTold) {
          isTold = true
          this.#options.onWarning(
            `More names were found than the index puts in order by ${order}; some are missing. Search for less.`,
          )
        }
        return answer
      },
      ({ name }) => name,
      signal,
      order === 'name' ? undefined : (hit) => rankOf(hit, order),
    )
    for await (const page of pages) yield page.map(toHit)
  }

  /**
   * Where can this be fetched?
   * @throws BitTrickleError `INVALID_NAME`, `INVALID_OPTION`, `NOT_FOUND`, `OWN_PUBLICATION`
   */
  async locate(name: string, { root, from }: Wanted, signal?: AbortSignal): Promise<FoundContent> {
    assertName(name)
    assertOption('root', root, root, rootProblem)
    assertOption('from', from, from, usernameProblem)
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
    rankOf?: PagesOptions<Item>['rankOf'],
  ): AsyncGenerator<readonly Item[], void, undefined> {
    const { pace, onWarning } = this.#options
    return readPages({
      ask: (page: PageRequest) => pace.ask(() => ask(page), signal),
      keyOf,
      rankOf,
      onOmitted: (count) => onWarning(`${count} more did not fit the answer of the index; ask for less.`),
    })
  }
}

function toHit({ publishedAt, ...hit }: HitRecord): SearchHit {
  return publishedAt === undefined ? hit : { ...hit, publishedAt: new Date(publishedAt) }
}

/** What hits are sorted by, as the index has it. */
function rankOf({ size, sources, publishedAt }: HitRecord, order: 'size' | 'newest' | 'sources'): number {
  if (order === 'sources') return sources ?? 0
  return (order === 'size' ? size : publishedAt) ?? 0
}
