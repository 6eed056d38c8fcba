/** What hands out items one by one: at once, where it has one. */
export interface Feed<Item> {
  next(): IteratorResult<Item, void> | Promise<IteratorResult<Item, void>>
}

/**
 * Does some work for each item, so many of them at a time. The first failure ends it: nothing more is begun, and when
 * all that had begun is over, it rejects.
 */
export async function eachInFlight<Item>(
  items: AsyncIterable<Item> | Iterable<Item> | Feed<Item>,
  most: number,
  work: (item: Item) => Promise<unknown>,
): Promise<void> {
  const iterator = iteratorOf(items)
  const failures: unknown[] = []
  const workThrough = async (): Promise<void> => {
    try {
      for (;;) {
        const { done, value } = await iterator.next()
        if (done === true || failures.length > 0) return
        await work(value)
      }
    } catch (error) {
      failures.push(error)
    }
  }
  await Promise.all(Array.from({ length: most }, workThrough))
  if (failures.length > 0) throw failures[0]
}

function iteratorOf<Item>(
  items: AsyncIterable<Item> | Iterable<Item> | Feed<Item>,
): AsyncIterator<Item> | Iterator<Item> | Feed<Item> {
  if (Symbol.asyncIterator in items) return items[Symbol.asyncIterator]()
  return Symbol.iterator in items ? items[Symbol.iterator]() : items
}
