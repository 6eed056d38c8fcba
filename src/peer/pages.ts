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

/** Reads page after page, each only when it is wanted. */
export async function* readPages<Item>({
  ask,
  keyOf,
  rankOf,
  onOmitted,
}: PagesOptions<Item>): AsyncGenerator<Item, void, undefined> {
  let page: PageRequest = {}
  for (;;) {
    const { reply, omitted } = await ask(page)
    yield* reply.items
    if (omitted > 0) onOmitted(omitted)
    const last = reply.items.at(-1)
    const after = reply.next ?? (last && keyOf(last))
    if (!reply.more || after === undefined) return
    page = { ...page, after, ...(rankOf && last ? { afterValue: rankOf(last) } : {}) }
  }
}

/** All items of a list. */
export async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = []
  for await (const item of items) all.push(item)
  return all
}
