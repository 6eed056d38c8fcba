import { spawn } from 'node:child_process'
import { once } from 'node:events'
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
