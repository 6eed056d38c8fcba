import { readdir, readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { Playground, programPath } from '../helpers/processes.js'

/** The packages of node_modules that a run loads, by the list that V8 keeps of all scripts. */
async function packagesOf(program: 'bittrickle' | 'bittrickle-server', ...args: string[]): Promise<string[]> {
  await using playground = await Playground.create()
  const coverage = playground.path('coverage')
  const command = [programPath(program), ...args]
  const child = playground.spawn(program, process.execPath, command, { env: { NODE_V8_COVERAGE: coverage } })
  expect(await child.exited).toBe(0)
  const [report = ''] = await readdir(coverage)
  const { result } = JSON.parse(await readFile(`${coverage}/${report}`, 'utf8')) as {
    result: { url: string }[]
  }
  const names = result.map(({ url }) => /\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1])
  return [...new Set(names.filter((name) => name !== undefined))].sort()
}

// What takes its time to load.
const HEAVY = ['@peculiar/x509', 'sodium-native', 'typebox']

it.each(['--version', '--help'])('%s does not wait for the SDK to load', async (flag) => {
  expect(await packagesOf('bittrickle', flag)).toContain('commander')
  for (const program of ['bittrickle', 'bittrickle-server'] as const) {
    const loaded = await packagesOf(program, flag)
    expect(loaded.filter((name) => HEAVY.includes(name))).toEqual([])
  }
})

it('a program that does something loads nothing that it does not need for that', async () => {
  const loaded = await packagesOf('bittrickle-server', 'user', 'list')
  expect(loaded).toContain('commander')
  expect(loaded.filter((name) => HEAVY.includes(name))).toEqual([])
})
