import { mkdir, writeFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { Playground, programPath } from '../helpers/processes.js'

// util-linux's script gives the program a terminal, and hands on what is typed.
it('on a terminal: the password is hidden, Tab completes, and Ctrl-C leaves', async () => {
  await using playground = await Playground.create()
  const { port } = await playground.index()
  await mkdir(playground.path('hans'))
  await writeFile(playground.path('hans', 'a-long-name.txt'), 'x')
  const command = `stty cols 200; '${process.execPath}' '${programPath('bittrickle')}' ${port} --share hans --state state`
  const hans = playground.spawn('hans', 'script', ['-qfec', command, '/dev/null'], {
    env: { TERM: 'xterm', SHELL: '/bin/sh' },
  })
  await hans.line(/User name:/)
  hans.send('hans\r')
  await hans.line(/Password:/)
  hans.send('falcon*solo\r')
  await hans.line(/Available commands are/)
  await hans.sendUntil('pub a-l\t', /ong-name\.txt/)
  hans.send('\r')
  await hans.line(/Published a-long-name\.txt/)
  await hans.sendUntil('unp \t', /a-long-name\.txt/)
  hans.send('\r')
  await hans.line(/Unpublished a-long-name\.txt/)
  hans.send('\x03')
  await hans.line(/Goodbye!/)
  expect(await hans.exited).toBe(0)
  const screen = hans.lines.join('\n')
  expect(screen).not.toContain('falcon')
  expect(screen).not.toContain('solo')
})

it('on a terminal: the end of the input, while a command runs, ends the program behind it', async () => {
  await using playground = await Playground.create()
  const { port } = await playground.index()
  await mkdir(playground.path('hans', 'photos'), { recursive: true })
  await writeFile(playground.path('hans', 'photos', 'a.jpg'), 'x')
  const command = `stty cols 200; '${process.execPath}' '${programPath('bittrickle')}' ${port} --share hans --state state`
  const hans = playground.spawn('hans', 'script', ['-qfec', command, '/dev/null'], {
    env: {
      TERM: 'xterm',
      SHELL: '/bin/sh',
      BITTRICKLE_USERNAME: 'hans',
      BITTRICKLE_PASSWORD: 'falcon*solo',
    },
  })
  await hans.line(/Available commands are/)
  await hans.sendUntil('pub pho\t', /tos\//)
  hans.send('\r\x04')
  await hans.line(/Published photos\/: 1 file/)
  await hans.line(/Goodbye!/)
  expect(await hans.exited).toBe(0)
})
