import { appendFile, readdir, readFile, writeFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { Playground, programPath, type TestProcess } from '../helpers/processes.js'

const types = async (path: string): Promise<string[]> =>
  (await readFile(path, 'utf8'))
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line).type)

/** What `audit verify` says, and what it ends with. */
async function verify(
  playground: Playground,
  ...args: string[]
): Promise<{ code: number | null; said: string }> {
  const program: TestProcess = playground.spawn('verify', process.execPath, [
    programPath('bittrickle-server'),
    'audit',
    'verify',
    ...args,
  ])
  const code = await program.exited
  return { code, said: program.lines.join('\n') }
}

it('an index that is killed goes on with its audit trail, and the command line verifies it', async () => {
  await using playground = await Playground.create()
  const path = playground.path('audit.ndjson')
  const first = await playground.index('--audit', path)
  const hans = await playground.logIn('hans', first.port)
  await writeFile(playground.path('hans', 'a.txt'), 'a')
  await hans.ask('pub a.txt', /^Published a\.txt$/)
  // It is on the disk a moment after it happened.
  await expect.poll(() => types(path), { timeout: 10_000 }).toContain('publish')
  await first.program.stop('SIGKILL')
  const { said } = await verify(playground, path)
  const [, head = ''] = /^3 lines, head ([0-9a-f]{64})$/.exec(said) ?? []
  expect(head).not.toBe('')

  // As if the kill had come in the midst of a line.
  await appendFile(path, '{"seq":3,"time":"20')
  expect(await verify(playground, path)).toMatchObject({
    code: 5,
    said: expect.stringContaining('Line 4 of'),
  })
  const second = await playground.index(first.port, '--audit', path)
  await hans.line(/back|online|again|connected/i)
  expect(await second.program.stop()).toBe(0)
  const all = await types(path)
  expect(all.slice(0, 5)).toEqual(['begin', 'login', 'publish', 'resumed', 'login'])
  expect(all.at(-1)).toBe('end')
  const aside = (await readdir(playground.folder)).filter((name) => name.includes('.torn-'))
  expect(aside).toHaveLength(1)
  expect(await readFile(playground.path(aside[0] as string), 'utf8')).toBe('{"seq":3,"time":"20')

  expect(await verify(playground, path, '--head', head)).toMatchObject({ code: 0 })
  expect(await verify(playground, path, '--head', 'f'.repeat(64))).toMatchObject({ code: 5 })
  expect(await verify(playground, path, '--head', 'f')).toMatchObject({ code: 2 })
  expect(await verify(playground)).toMatchObject({ code: 2 })
  expect(await verify(playground, playground.path('nowhere'))).toMatchObject({ code: 4 })

  const text = await readFile(path, 'utf8')
  await writeFile(path, text.replace('"user":"hans"', '"user":"yoda"'))
  expect(await verify(playground, path)).toEqual({
    code: 5,
    said: `Line 2 of ${path} was altered, or is no line of an audit trail.`,
  })
  // An index does not write behind what it does not know.
  await writeFile(path, 'my diary\n')
  const third = playground.spawn('index', process.execPath, [
    programPath('bittrickle-server'),
    '0',
    '--audit',
    path,
  ])
  await third.line(/is not an audit trail that this release can go on with/)
  expect(await third.exited).toBe(1)
  expect(await readFile(path, 'utf8')).toBe('my diary\n')
})
