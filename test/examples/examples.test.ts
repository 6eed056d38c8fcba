import { randomBytes } from 'node:crypto'
import { mkdir, readFile, readlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Peer } from '../../src/index.js'
import { Playground, type TestProcess } from '../helpers/processes.js'
import { example, PASSWORDS, start } from './start.js'

it('in-one-process sends a file from Alice to Bob', async () => {
  await using playground = await Playground.create()
  const program = playground.spawn('example', process.execPath, [example('in-one-process')])
  expect(await program.exited).toBe(0)
  expect(program.lines).toEqual(['bob was sent to alice for hello.txt', 'bob has it: Hello from Alice!'])
})

it('own-accounts asks the table of the app who may log in and what for, and puts somebody out', async () => {
  await using playground = await Playground.create()
  const program = playground.spawn('example', process.execPath, [example('own-accounts')])
  expect(await program.exited).toBe(0)
  expect(program.lines).toEqual([
    'ben, of design, finds logo.svg',
    'cem, of sales, finds nothing',
    'ben is out: AUTHENTICATION_FAILED',
  ])
})

it('photo-drop brings what one drops to the other, and what comes later too', async () => {
  await using playground = await Playground.create()
  const { uri } = await playground.index()
  const [cat, dog] = [randomBytes(300_000), randomBytes(200_000)]
  await mkdir(playground.path('hans', 'mine'), { recursive: true })
  await writeFile(playground.path('hans', 'mine', 'cat.jpg'), cat)
  const hans = start(playground, 'photo-drop', uri, 'hans', ['hans', '0.1'])
  const yoda = start(playground, 'photo-drop', uri, 'yoda', ['yoda', '0.1'])
  await yoda.line(/here: 1 photos of others/)
  await writeFile(playground.path('hans', 'mine', 'dog.jpg'), dog)
  await hans.line(/^offered photos\/hans\/dog\.jpg$/)
  await yoda.line(/here: 2 photos of others/)
  const arrived = (name: string) => readFile(playground.path('yoda', 'theirs', 'hans', name))
  expect((await arrived('cat.jpg')).equals(cat)).toBe(true)
  expect((await arrived('dog.jpg')).equals(dog)).toBe(true)
  expect(await hans.stop('SIGINT')).toBe(0)
  expect(await yoda.stop('SIGINT')).toBe(0)
})

describe('builds', () => {
  /** Puts a version where the publisher publishes it from. */
  async function build(playground: Playground, version: string): Promise<Readonly<Record<string, Buffer>>> {
    const files = { app: randomBytes(400_000), 'assets/logo': randomBytes(1000), empty: Buffer.alloc(0) }
    const folder = playground.path('hans', 'builds', version)
    await mkdir(join(folder, 'assets'), { recursive: true })
    for (const [path, bytes] of Object.entries(files)) await writeFile(join(folder, path), bytes)
    return files
  }
  const follow = (playground: Playground, uri: string, username: string): TestProcess =>
    start(playground, 'builds/follow', uri, username, ['hans', username, '0.1'])
  const publish = (playground: Playground, uri: string, version: string): TestProcess =>
    start(playground, 'builds/publish', uri, 'hans', ['hans', version])

  async function expectCurrent(
    playground: Playground,
    username: string,
    version: string,
    files: Readonly<Record<string, Buffer>>,
  ): Promise<void> {
    expect(await readlink(playground.path(username, 'current'))).toBe(`builds/${version}`)
    for (const [path, bytes] of Object.entries(files))
      expect((await readFile(playground.path(username, 'current', path))).equals(bytes), path).toBe(true)
  }

  it('reach all machines that follow, version after version', async () => {
    await using playground = await Playground.create()
    const { uri } = await playground.index()
    const followers = ['yoda', 'vader'].map((username) => follow(playground, uri, username))
    for (const version of ['1.0.0', '1.1.0']) {
      const files = await build(playground, version)
      const publisher = publish(playground, uri, version)
      await publisher.line(new RegExp(`published ${version}: 3 files`))
      for (const follower of followers) {
        await follower.line(new RegExp(`^current is ${version}$`))
        await expectCurrent(playground, follower.name, version, files)
      }
      expect(await publisher.stop('SIGINT')).toBe(0)
    }
    for (const follower of followers) expect(await follower.stop('SIGINT')).toBe(0)
  })

  it('are not taken from somebody who offers other files under their names', async () => {
    await using playground = await Playground.create()
    const { uri } = await playground.index()
    const files = await build(playground, '2.0')
    await mkdir(playground.path('mallory', 'builds', '2.0'), { recursive: true })
    await writeFile(playground.path('mallory', 'builds', '2.0', 'backdoor'), 'x')
    await using mallory = new Peer({
      server: uri,
      username: 'vader',
      password: PASSWORDS.vader ?? '',
      shareDir: playground.path('mallory'),
    })
    await mallory.login()
    await mallory.publish('builds/2.0')
    await publish(playground, uri, '2.0').line(/published 2\.0/)
    const yoda = follow(playground, uri, 'yoda')
    await yoda.line(/^current is 2\.0$/)
    await expectCurrent(playground, 'yoda', '2.0', files)
    await expect(readFile(playground.path('yoda', 'current', 'backdoor'))).rejects.toThrow('ENOENT')
  })
})
