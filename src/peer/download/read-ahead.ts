import type { Feed } from '../in-flight.js'

/** Reads a list to its end as fast as its pages come, however slowly its items are taken. */
export function readAhead<Item>(pages: AsyncIterable<readonly Item[]>): Feed<Item> {
  const read: (readonly Item[])[] = []
  let page: readonly Item[] = []
  let taken = 0
  let hasEnded = false
  let tell: () => void = () => {}
  let news = nextNews()
  const reading = (async () => {
    try {
      for await (const items of pages) {
        read.push(items)
        tell()
        news = nextNews()
      }
    } finally {
      hasEnded = true
      tell()
    }
  })()
  // Whoever takes the last item hears of it.
  reading.catch(() => {})

  function nextNews(): Promise<void> {
    return new Promise((resolve) => {
      tell = resolve
    })
  }

  function take(): IteratorResult<Item, void> | undefined {
    while (taken === page.length) {
      const next = read.shift()
      if (next === undefined) return undefined
      page = next
      taken = 0
    }
    return { done: false, value: page[taken++] as Item }
  }

  async function takeLater(): Promise<IteratorResult<Item, void>> {
    while (!hasEnded) {
      await news
      const item = take()
      if (item !== undefined) return item
    }
    await reading
    return { done: true, value: undefined }
  }

  return { next: () => take() ?? takeLater() }
}
