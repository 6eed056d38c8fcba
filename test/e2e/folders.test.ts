import { randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { expect, it } from 'vitest'
import { Playground } from '../helpers/processes.js'

it.each([
  ['sealed', []],
  ['classic', ['--classic']],
])('a folder is published, fetched and taken back: %s', async (protocol, flags) => {
  await using playground = await Playground.create()
  const { port } = await playground.index(...flags)
  const [hans, yoda] = [
    await playground.logIn('hans', port, flags),
    await playground.logIn('yoda', port, flags),
  ]
  const files = new Map<string, Buffer>()
  for (let number = 0; number < 30; number++)
    files.set(`photos/${number % 3}/${number}.jpg`, randomBytes(number * 999))
  for (const [path, bytes] of files) {
    await mkdir(dirname(playground.path('hans', path)), { recursive: true })
    await writeFile(playground.path('hans', path), bytes)
  }
  await mkdir(playground.path('hans', 'empty'))
  await hans.ask('pub empty', /^There is no file to publish in the folder "empty"\.$/)
  await hans.ask('pub photos', /^Published photos\/: 30 files$/)
  await hans.ask('lpf', /^30 files published:$/)
  await yoda.ask('sch 1.jpg', /^3 files found:$/)
  await yoda.ask('get photo/', /^No active peer offers anything below "photo\/"/)
  await yoda.ask('get photos/', /^Downloaded photos\/: 30 files, 424\.4 KiB, at .*\/yoda\/photos$/)
  for (const [path, bytes] of files) {
    expect((await readFile(playground.path('yoda', path))).equals(bytes)).toBe(true)
  }
  if (protocol === 'sealed') {
    await rm(playground.path('yoda', 'photos', '1', '7.jpg'))
    await writeFile(playground.path('yoda', 'photos', '0', '3.jpg'), 'mine')
    await yoda.ask(
      'get photos/',
      /^1 of 30 files below "photos\/" could not be fetched; the first: .* other bytes/,
    )
    expect(await readdir(playground.path('yoda', 'photos', '1'))).toContain('7.jpg')
  }
  await hans.ask('unp photos/1/', /^Unpublished photos\/1\/$/)
  await hans.ask('unp photos/1/', /^You publish nothing below "photos\/1\/"\.$/)
  await hans.ask('lpf', /^20 files published:$/)
  for (const peer of [hans, yoda]) {
    await peer.ask('xit', /^Goodbye!$/)
    expect(await peer.exited).toBe(0)
  }
})
