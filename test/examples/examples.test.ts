import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { Playground } from '../helpers/processes.js'

// As a user runs them, against the built package: Node finds "bittrickle" by the package's own name.
const example = (name: string): string => fileURLToPath(new URL(`../../examples/${name}.js`, import.meta.url))

it('in-one-process sends a file from Alice to Bob', async () => {
  await using playground = await Playground.create()
  const program = playground.spawn('example', process.execPath, [example('in-one-process')])
  expect(await program.exited).toBe(0)
  expect(program.lines).toEqual(['bob was sent to alice for hello.txt', 'bob has it: Hello from Alice!'])
})

it('share-and-fetch publishes a folder, and fetches from one', async () => {
  await using playground = await Playground.create()
  const { port } = await playground.index()
  const bytes = randomBytes(100_000)
  for (const folder of ['hans', 'yoda']) await mkdir(playground.path(folder))
  await writeFile(playground.path('hans', 'a.bin'), bytes)
  await writeFile(playground.path('hans', 'two words.txt'), '')
  const run = (username: string, password: string, ...args: string[]) =>
    playground.spawn(
      username,
      process.execPath,
      [example('share-and-fetch'), port, username, username, ...args],
      {
        env: { BITTRICKLE_PASSWORD: password },
      },
    )
  const hans = run('hans', 'falcon*solo')
  await hans.line(/^published a\.bin$/)
  const yoda = run('yoda', 'wise@!man', 'a.bin')
  await yoda.line(/^fetched a\.bin: 100000 bytes/)
  expect(await yoda.exited).toBe(0)
  expect((await readFile(playground.path('yoda', 'inbox', 'a.bin'))).equals(bytes)).toBe(true)
  expect(await hans.stop('SIGINT')).toBe(0)
})
