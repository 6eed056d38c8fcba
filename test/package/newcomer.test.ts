import { createHash, randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Project } from './project.js'
import { type Terminal, Terminals } from './terminal.js'

const SIZE = 6 * 1_048_576
// So slow that there is time to look, and to interrupt.
const SLOW = '1.5M'

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')

let project: Project
let terminals: Terminals

beforeAll(async () => {
  project = await Project.create('--omit=optional')
  await project.link('better-sqlite3')
  for (const home of ['operator', 'hans', 'yoda']) await mkdir(project.path(home))
  terminals = new Terminals({
    PATH: `${project.path('node_modules', '.bin')}:${process.env.PATH}`,
    TERM: 'xterm-256color',
    LANG: 'C.UTF-8',
  })
})
afterAll(async () => {
  await terminals[Symbol.asyncDispose]()
  await project[Symbol.asyncDispose]()
})

/** A terminal of somebody with a home of their own. */
const open = (name: string): Terminal =>
  terminals.open(name, project.path(name), { HOME: project.path(name) })

async function addUser(terminal: Terminal, name: string, password: string): Promise<void> {
  terminal.clear()
  terminal.type(`bittrickle-server user add ${name}`)
  await terminal.see(/Password/)
  terminal.type(password)
  await terminal.see(/The same again/)
  terminal.type(password)
  await terminal.see(/\n\$ *$/)
}

/** Says who one is, and where the index is. */
async function logIn(terminal: Terminal, uri: string, name: string, password: string): Promise<void> {
  terminal.clear()
  terminal.type(`bittrickle login '${uri}'`)
  await terminal.see(/User name/)
  terminal.type(name)
  await terminal.see(/Password/)
  terminal.type(password)
  await terminal.see(/Logged in as/)
  await terminal.see(/\n\$ *$/)
}

it('a newcomer sets up an index with two users, shares a folder, finds a file, and gets it in two goes', async () => {
  const operator = open('operator')
  await addUser(operator, 'hans', 'falcon*solo')
  await addUser(operator, 'yoda', 'wise@!man')
  expect(await operator.run('bittrickle-server user list')).toMatchSnapshot('the users')
  operator.clear()
  operator.type('bittrickle-server 0 --host 127.0.0.1')
  const [uri] = await operator.see(/bittrickle:\/\/127\.0\.0\.1:\d+\?key=[\w-]{43}/)

  const hans = open('hans')
  const talk = randomBytes(SIZE)
  await mkdir(project.path('hans', 'shared', 'talks'), { recursive: true })
  await writeFile(project.path('hans', 'shared', 'talks', 'keynote.mp4'), talk)
  await writeFile(project.path('hans', 'shared', 'talks', 'agenda.txt'), 'all of it')
  await logIn(hans, uri, 'hans', 'falcon*solo')
  hans.clear()
  hans.type(`bittrickle share --share shared --upload-rate ${SLOW}`)
  await hans.see(/Password/)
  hans.type('falcon*solo')
  await hans.see(/Sharing/)

  const yoda = open('yoda')
  await logIn(yoda, uri, 'yoda', 'wise@!man')
  // From here on in the environment, as in a script.
  await yoda.run("export BITTRICKLE_PASSWORD='wise@!man'")
  const found = await yoda.run('bittrickle search talks')
  // How old they are changes while one looks.
  expect(found.replace(/\b\d+ s\b/g, 'N s')).toMatchSnapshot('what is found')

  yoda.clear()
  yoda.type('bittrickle get talks/keynote.mp4 --download inbox')
  const [progress] = await yoda.see(/^.*\b[1-9]\d?%.*$/m)
  expect(progress).toMatch(/MiB.*\/s/)
  yoda.press('C-c')
  await yoda.see(/\n\$ *$/)
  expect(yoda.text).toContain('Cut short. What has arrived is kept: say the same again to go on.')
  expect((await readdir(project.path('yoda', 'inbox', 'talks'))).sort()).toEqual([
    'keynote.mp4.part',
    'keynote.mp4.part.journal',
  ])

  const got = await yoda.run('bittrickle get talks/keynote.mp4 --download inbox')
  expect(got.replaceAll(project.folder, 'HOME')).toMatchSnapshot('what is got')
  expect(await readdir(project.path('yoda', 'inbox', 'talks'))).toEqual(['keynote.mp4'])
  expect(sha256(await readFile(project.path('yoda', 'inbox', 'talks', 'keynote.mp4')))).toBe(sha256(talk))
  const missed = await yoda.run('bittrickle get talks/nothing.mp4; echo "exit code $?"')
  expect(missed).toMatchSnapshot('what is not there')

  hans.press('C-c')
  await hans.see(/\n\$ *$/)
  operator.press('C-c')
  await operator.see(/\n\$ *$/)
  for (const { text } of [operator, hans, yoda]) expect(text).not.toContain('falcon*solo')
})
