import { afterAll, expect } from 'vitest'

// What is closed is gone some turns later, the other end of it after some more.
const TURNS = 1_000

const leftOpen = (): string[] =>
  process.getActiveResourcesInfo().filter((kind) => /^(TCP|UDP|TLS|FSEvent)/.test(kind))

// Many files run in one process: a file that leaves something open would be found by another one, or by none.
afterAll(async () => {
  for (let turn = 0; turn < TURNS && leftOpen().length > 0; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve))
  }
  expect(leftOpen(), 'sockets and watches that the file has left open').toEqual([])
})
