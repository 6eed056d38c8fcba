import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import {
  type HolderLink,
  heldBy,
  Lease,
  type LeaseOptions,
  socketPath,
} from '../../../src/cli/holder/lease.js'
import { Messages } from '../../../src/cli/holder/messages.js'

const holder = { pid: 123, what: 'bittrickle share' }

let stateDir: string
let taken: (Lease | HolderLink)[]
beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'bittrickle-lease-'))
  taken = []
})
afterEach(async () => {
  for (const one of taken) {
    if (one instanceof Lease) one.release()
    else one.messages.close()
  }
  await rm(stateDir, { recursive: true })
})

async function take(options: Partial<LeaseOptions> = {}): Promise<Lease | HolderLink> {
  const lease = await Lease.take({
    stateDir,
    username: 'hans',
    server: 'localhost',
    onVisitor: (socket) => new Messages(socket).send(holder),
    ...options,
  })
  taken.push(lease)
  return lease
}

it('one program at a time has it, however it names the index; the others learn which', async () => {
  const lease = await take()
  expect(lease).toBeInstanceOf(Lease)
  expect(await take({ server: 'bittrickle://127.0.0.1:5331?key=x' })).toMatchObject({ holder })
  ;(lease as Lease).release()
  ;(lease as Lease).release()
  expect(await take()).toBeInstanceOf(Lease)
})

it('is a socket for the user alone', async () => {
  await take()
  const path = await socketPath({ stateDir, username: 'hans', server: 'localhost' })
  expect((await stat(path ?? '')).mode & 0o777).toBe(0o600)
})

it('another user, another index and another state folder are no matter', async () => {
  for (const options of [
    {},
    { username: 'yoda' },
    { server: '5332' },
    { stateDir: join(stateDir, 'other') },
  ]) {
    expect(await take(options)).toBeInstanceOf(Lease)
  }
})

it('what a program has left that was killed is no hindrance, and is taken over by one', async () => {
  const path = await socketPath({ stateDir, username: 'hans', server: 'localhost' })
  const script = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`
  await once(spawn(process.execPath, ['-e', script]), 'exit')
  expect(await readdir(stateDir)).toHaveLength(1)
  const leases = await Promise.all([take(), take()])
  expect(leases.filter((lease) => lease instanceof Lease)).toHaveLength(1)
  expect(await readdir(stateDir)).toHaveLength(1)
})

it('a state folder with a long path has room elsewhere', async () => {
  const long = join(stateDir, 'x'.repeat(100))
  await mkdir(long)
  expect(await take({ stateDir: long })).toBeInstanceOf(Lease)
  expect(await take({ stateDir: long })).toMatchObject({ holder })
})

it('a program that says nothing of itself is told of as such', async () => {
  await take({ onVisitor: (socket) => socket.end() })
  expect(await take()).toMatchObject({ holder: { pid: 0 } })
})

it('who may not is told by whom, and what to do', () => {
  expect(heldBy('hans', holder)).toMatchObject({
    code: 'ALREADY_ACTIVE',
    retryable: true,
    message:
      'hans is logged in from this machine already, by process 123 (bittrickle share), which a second login would ' +
      'throw out. End that one first, or use another account.',
  })
})
