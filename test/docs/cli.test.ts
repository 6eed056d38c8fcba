import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { cliReference } from './cli-reference.js'

it('docs/cli.md is what the programs say; "npm run docs:cli" writes it anew', async () => {
  const page = fileURLToPath(new URL('../../docs/cli.md', import.meta.url))
  await expect(cliReference()).toMatchFileSnapshot(page)
})

it('it has every command, and what belongs to this machine is not in it', () => {
  const page = cliReference()
  for (const heading of [
    '## bittrickle',
    '## bittrickle-server',
    '### bittrickle-server user add',
    '### bittrickle completion',
  ]) {
    expect(page).toContain(`\n${heading}\n`)
  }
  expect(page).toContain('BITTRICKLE_LOG_LEVEL')
  expect(page).toContain('one of debug, info, warn, error')
  expect(page).not.toContain(process.env.HOME ?? 'HOME')
})
