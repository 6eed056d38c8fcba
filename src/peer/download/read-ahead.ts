/** Reads a list to its end as fast as it comes, however slowly its items are taken. */
export async function* readAhead<Item>(items: AsyncIterable<Item>): AsyncGenerator<Item, void, undefined> {
  let read: Item[] = []
  let hasEnded = false
  let wake: () => void = () => {}
  const reading = (async () => {
    try {
      for await (const item of items) {
        read.push(item)
        wake()
      }
    } finally {
      hasEnded = true
      wake()
    }
  })()
  // Whoever takes the last item hears of it.
  reading.catch(() => {})
  for (;;) {
    const taken = read
    read = []
    yield* taken
    if (read.length > 0) continue
    if (hasEnded) return reading
    await new Promise<void>((resolve) => {
      wake = resolve
    })
  }
}
