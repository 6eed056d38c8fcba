import { BitTrickleError } from '../errors.js'
import type { Page, PageRequest } from '../wire/messages.js'

/** A list as far as it came. */
export interface ListAnswer<Item> {
  readonly reply: Page<Item>
  readonly omitted: number
}

/** How to read a list that comes in pages. */
export interface PagesOptions<Item> {
  readonly ask: (page: PageRequest) => Promise<ListAnswer<Item>>
  /** What the list is sorted by: the key of the last item asks for the next page. */
  readonly keyOf: (item: Item) => string
  /** What it is sorted by before that, if anything. */
  readonly rankOf?: ((item: Item) => number) | undefined
  /** Told how many items are missing for good. */
  readonly onOmitted: (count: number) => void
}

// Of a list that is wanted as a whole, since it is kept in memory: five times what an index lets one user publish by default.
const MAX_COLLECTED = 1_000_000

/**
 * Reads page after page, each only when it is wanted. They come whole, since handing out item by item takes a few
 * promises for each; {@link itemsOf} does that.
 * @throws BitTrickleError `INVALID_REPLY` for a page that is not behind the one before: so no list can go in circles
 */
export async function* readPages<Item>({
  ask,
  keyOf,
  rankOf,
  onOmitted,
}: PagesOptions<Item>): AsyncGenerator<readonly Item[], void, undefined> {
  let page: PageRequest = {}
  for (;;) {
    const { reply, omitted } = await ask(page)
    yield reply.items
    if (omitted > 0) onOmitted(omitted)
    const last = reply.items.at(-1)
    const after = reply.next ?? (last && keyOf(last))
    if (!reply.more || after === undefined) return
    const next = { ...page, after, ...(rankOf && last ? { afterValue: rankOf(last) } : {}) }
    if (!isBehind(next, page)) {
      throw new BitTrickleError('INVALID_REPLY', 'The index has answered with a list that does not go on.')
    }
    page = next
  }
}

/** The items of pages, one by one. */
export async function* itemsOf<Item>(
  pages: AsyncIterable<readonly Item[]>,
): AsyncGenerator<Item, void, undefined> {
  for await (const page of pages) yield* page
}

// The highest value first, and by key where it is the same.
function isBehind(next: PageRequest, page: PageRequest): boolean {
  const [value = 0, valueBefore = value] = [next.afterValue, page.afterValue]
  if (value !== valueBefore) return value < valueBefore
  return page.after === undefined || (next.after ?? '') > page.after
}

/**
 * All items of a list.
 * @throws BitTrickleError `INVALID_REPLY` for a list that is longer than any could be
 */
export async function collect<Item>(items: AsyncIterable<Item>, most = MAX_COLLECTED): Promise<Item[]> {
  const all: Item[] = []
  for await (const item of items) {
    if (all.length === most) {
      throw new BitTrickleError('INVALID_REPLY', `The index lists more than ${most} items.`)
    }
    all.push(item)
  }
  return all
}
