import { open, stat } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { ManualClock } from './manual-clock.js'

const file = fileURLToPath(import.meta.url)

it('the time of a test does not run away from the disk', async () => {
  const clock = new ManualClock()
  const story: string[] = []
  const ask = async (): Promise<void> => {
    for (let count = 0; count < 50; count += 1) await stat(file)
    await using handle = await open(file)
    await handle.read(Buffer.alloc(1), 0, 1, 0)
    story.push(`answered at ${clock.monotonic()}`)
  }
  clock.setTimeout(() => void ask(), 10)
  clock.setTimeout(() => story.push(`timer at ${clock.monotonic()}`), 11)
  await clock.advance(1_000)
  expect(story).toEqual(['answered at 10', 'timer at 11'])
})
