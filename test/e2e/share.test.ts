import { mkdir, rm, writeFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { Playground, programPath } from '../helpers/processes.js'

it('the shell shares a folder, and tells what changes in it', async () => {
  await using playground = await Playground.create()
  const { port } = await playground.index()
  const hans = await playground.logIn('hans', port)
  await mkdir(playground.path('hans', 'photos'))
  await writeFile(playground.path('hans', 'photos', 'a.jpg'), 'a')
  await writeFile(playground.path('hans', 'photos', 'a.xmp'), 'x')
  await hans.ask(
    'share two words',
    /^Too many arguments\. Expected 1 argument but got 2\. Usage: share \[options\] \[folder\]; "help share" tells more\.$/,
  )
  await hans.ask('share photos --ignore *.xmp', /^Sharing photos\/$/)
  await hans.ask('lpf', /^1 file published:$/)
  await writeFile(playground.path('hans', 'photos', 'b.jpg'), 'b')
  await hans.line(/^Published photos\/b\.jpg$/)
  await rm(playground.path('hans', 'photos', 'a.jpg'))
  await hans.line(/^Unpublished photos\/a\.jpg$/)
  await hans.ask('share photos', /^"photos" cannot be shared: it overlaps with "photos"/)
  await hans.ask('unp photos/', /^Unpublished photos\/$/)
  // It is not followed any longer, so it can be shared anew.
  await hans.ask('share photos', /^Sharing photos\/$/)
  await hans.ask('lpf', /^2 files published:$/)
  await hans.ask('xit', /^Goodbye!$/)
  expect(await hans.exited).toBe(0)
})

it('a program of its own shares a folder until it is interrupted', async () => {
  await using playground = await Playground.create()
  const { port } = await playground.index()
  const yoda = await playground.logIn('yoda', port)
  await mkdir(playground.path('hans', 'photos'), { recursive: true })
  await writeFile(playground.path('hans', 'photos', 'a.jpg'), 'a')
  const share = () =>
    playground.spawn(
      'share',
      process.execPath,
      [
        programPath('bittrickle'),
        'share',
        'photos',
        '--server',
        port,
        '--ignore',
        '*.xmp',
        '--share',
        'hans',
        '--state',
        'state',
      ],
      { env: { BITTRICKLE_USERNAME: 'hans', BITTRICKLE_PASSWORD: 'falcon*solo' } },
    )
  const hans = share()
  hans.endInput()
  await hans.line(/^Sharing photos\/$/)
  await yoda.ask('sch jpg', /^photos\/a\.jpg$/)
  await writeFile(playground.path('hans', 'photos', 'b.jpg'), 'b')
  await hans.line(/^Published photos\/b\.jpg$/)
  await yoda.ask('get photos/b.jpg', /^Downloaded photos\/b\.jpg/)
  expect(await hans.stop('SIGINT')).toBe(0)
  expect(hans.lines.at(-1)).toBe('Goodbye!')

  const again = share()
  await again.line(/^Sharing photos\/$/)
  await rm(playground.path('hans', 'photos'), { recursive: true })
  await again.line(/^The shared folder "photos" is lost: it is not there any more\./)
  expect(await again.exited).toBe(4)
  expect(again.lines.filter((line) => line.includes('is lost'))).toHaveLength(1)
})
