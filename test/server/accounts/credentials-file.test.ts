import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FileAccounts } from '../../../src/server/accounts/accounts.js'
import { CredentialsFile } from '../../../src/server/accounts/credentials-file.js'
import { ManualClock, settle } from '../../helpers/manual-clock.js'

let folder: string
let path: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bittrickle-'))
  path = join(folder, 'credentials.txt')
})
afterEach(() => rm(folder, { recursive: true }))

describe('CredentialsFile', () => {
  it('adds, changes and removes accounts, hashed and for the owner of the file alone', async () => {
    const file = new CredentialsFile(path)
    await file.add('hans', 'falcon*solo')
    await file.add('yoda', 'wise@!man')
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    const before = await readFile(path, 'utf8')
    expect(before).not.toContain('falcon')
    await file.setPassword('hans', 'falcon*solo')
    expect(await readFile(path, 'utf8')).not.toBe(before)
    await file.remove('yoda')
    expect(await file.list()).toEqual([{ username: 'hans', hashed: true }])
  })

  it('keeps the plain passwords of others as they are', async () => {
    await writeFile(path, 'yoda wise@!man\n')
    const file = new CredentialsFile(path)
    await file.add('hans', 'falcon*solo')
    expect(await file.list()).toEqual([
      { username: 'yoda', hashed: false },
      { username: 'hans', hashed: true },
    ])
  })

  it('refuses what cannot be, and leaves the file alone', async () => {
    const file = new CredentialsFile(path)
    await file.add('hans', 'falcon*solo')
    const before = await readFile(path, 'utf8')
    await expect(file.add('hans', 'other')).rejects.toMatchObject({ code: 'INVALID_OPTION' })
    await expect(file.add('two words', 'pw')).rejects.toMatchObject({ code: 'INVALID_OPTION' })
    await expect(file.add('luke', 'two words')).rejects.toMatchObject({
      message: 'The password contains white space.',
    })
    await expect(file.setPassword('luke', 'pw')).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(file.remove('luke')).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect(await readFile(path, 'utf8')).toBe(before)
    await writeFile(path, 'broken\n')
    await expect(file.add('luke', 'pw')).rejects.toMatchObject({ code: 'INVALID_CREDENTIALS_FILE' })
    expect(await readFile(path, 'utf8')).toBe('broken\n')
    await expect(new CredentialsFile(join(folder, 'none')).list()).rejects.toMatchObject({
      code: 'INVALID_CREDENTIALS_FILE',
      message: expect.stringContaining('ENOENT'),
    })
  })
})

describe('FileAccounts', () => {
  async function open() {
    const clock = new ManualClock()
    const changed: string[] = []
    const warnings: string[] = []
    const accounts = new FileAccounts({
      path,
      clock,
      onChanged: (usernames) => changed.push(...usernames),
      onWarning: (message) => warnings.push(message),
    })
    await accounts.open()
    // A look reads the disk, which no clock hastens: it is over when it has set the next timer.
    const look = async () => {
      await clock.advance(1000)
      while (clock.timers === 0) await settle()
    }
    return { accounts, clock, changed, warnings, look }
  }

  it('warns of plain passwords, and says how to be rid of them', async () => {
    await writeFile(path, 'hans falcon*solo\n')
    const { accounts, warnings } = await open()
    expect(warnings).toEqual([expect.stringContaining('user passwd')])
    expect(warnings[0]).not.toContain('falcon')
    accounts.close()
  })

  it('notices a removed account, another password and a new account', async () => {
    await writeFile(path, 'hans a\nyoda b\nvader c\n')
    const { accounts, changed, look } = await open()
    await look()
    expect(changed).toEqual([])
    await writeFile(path, 'yoda other\nvader c\nluke dd\n')
    await look()
    expect(changed).toEqual(['hans', 'yoda'])
    expect(await accounts.authenticate('hans', 'a')).toBe(false)
    expect(await accounts.authenticate('yoda', 'other')).toBe(true)
    expect(await accounts.authenticate('luke', 'dd')).toBe(true)
    accounts.close()
  })

  it('keeps the accounts when the file is broken or gone, and takes them up again', async () => {
    await writeFile(path, 'hans a\n')
    const { accounts, changed, warnings, look } = await open()
    await writeFile(path, 'hans\n')
    await look()
    await rm(path)
    await look()
    expect(warnings.slice(1)).toEqual(Array(2).fill(expect.stringContaining('stay as they were')))
    expect(await accounts.authenticate('hans', 'a')).toBe(true)
    expect(changed).toEqual([])
    await writeFile(path, 'hans new\n')
    await look()
    expect(await accounts.authenticate('hans', 'new')).toBe(true)
    accounts.close()
  })

  it('leaves no timer behind', async () => {
    await writeFile(path, 'hans a\n')
    const { accounts, clock } = await open()
    accounts.close()
    expect(clock.timers).toBe(0)
  })

  it('does not open without a file', async () => {
    await expect(open()).rejects.toMatchObject({ code: 'INVALID_CREDENTIALS_FILE' })
  })
})
