import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { leasePath, SessionLease } from '../../src/cli/session-lease.js'

let stateDir: string
beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'bittrickle-lease-'))
})
afterEach(() => rm(stateDir, { recursive: true }))

const take = (options: Partial<Parameters<typeof SessionLease.take>[0]> = {}) =>
  SessionLease.take({ stateDir, username: 'hans', server: 'localhost', what: 'bittrickle share', ...options })

it('one program at a time is logged in, however it names the index', async () => {
  const lease = await take()
  await expect(take({ server: 'bittrickle://127.0.0.1:5331?key=x' })).rejects.toMatchObject({
    code: 'ALREADY_ACTIVE',
    message: expect.stringMatching(
      `^hans is logged in from this machine already, by process ${process.pid} \\(bittrickle share\\)`,
    ),
  })
  lease.release()
  lease.release()
  ;(await take()).release()
})

it('another user, another index and another state folder are no matter', async () => {
  const leases = [
    await take(),
    await take({ username: 'yoda' }),
    await take({ server: '5332' }),
    await take({ stateDir: join(stateDir, 'other') }),
  ]
  for (const lease of leases) lease.release()
})

it('what a program has left that was killed is no hindrance', async () => {
  const path = leasePath({ stateDir, username: 'hans', server: 'localhost' })
  const script = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`
  await once(spawn(process.execPath, ['-e', script]), 'exit')
  expect(await readdir(stateDir)).toHaveLength(1)
  const leases = await Promise.allSettled([take(), take()])
  expect(leases.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  for (const lease of leases) if (lease.status === 'fulfilled') lease.value.release()
})

it('a state folder with a long path has room elsewhere', async () => {
  const long = join(stateDir, 'x'.repeat(100))
  await mkdir(long)
  const lease = await take({ stateDir: long })
  await expect(take({ stateDir: long })).rejects.toMatchObject({ code: 'ALREADY_ACTIVE' })
  lease.release()
})
