import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { open } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { programPath } from '../helpers/processes.js'

it.each(['bittrickle', 'bittrickle-server'] as const)(
  '%s ends without a word when nobody reads what it says',
  async (program) => {
    const child = spawn(process.execPath, [programPath(program), '--help'])
    // Before it has said anything.
    child.stdout.destroy()
    let said = ''
    child.stderr.on('data', (text) => {
      said += text
    })
    const [code] = await once(child, 'close')
    expect([code, said]).toEqual([141, ''])
  },
)

it('a program whose output goes to a full disk says so', async () => {
  const full = await open('/dev/full', 'w')
  const child = spawn(process.execPath, [programPath('bittrickle'), '--help'], {
    stdio: ['ignore', full.fd, 'pipe'],
  })
  let said = ''
  child.stderr?.on('data', (text) => {
    said += text
  })
  const [code] = await once(child, 'close')
  await full.close()
  expect([code, said]).toEqual([1, 'The output cannot be written (ENOSPC).\n'])
})
