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
    expect(await file.list()).toEqual([{ username: 'hans', hashed: true, disabled: false, groups: [] }])
  })

  it('says so with a code when it cannot be written', async () => {
    const file = new CredentialsFile(join(folder, 'nowhere', 'credentials.txt'))
    const failure = { code: 'DISK_ERROR', message: expect.stringContaining('ENOENT') }
    await expect(file.add('hans', 'falcon*solo')).rejects.toMatchObject(failure)
  })

  it('keeps the plain passwords of others as they are', async () => {
    await writeFile(path, 'yoda wise@!man\n')
    const file = new CredentialsFile(path)
    await file.add('hans', 'falcon*solo')
    expect(await file.list()).toEqual([
      { username: 'yoda', hashed: false, disabled: false, groups: [] },
      { username: 'hans', hashed: true, disabled: false, groups: [] },
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
      message: expect.stringContaining('bittrickle-server user add'),
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
    expect(await accounts.authenticate('hans', 'a')).toBeUndefined()
    expect(await accounts.authenticate('yoda', 'other')).toBeDefined()
    expect(await accounts.authenticate('luke', 'dd')).toBeDefined()
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
    expect(await accounts.authenticate('hans', 'a')).toBeDefined()
    expect(changed).toEqual([])
    await writeFile(path, 'hans new\n')
    await look()
    expect(await accounts.authenticate('hans', 'new')).toBeDefined()
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

describe('an account in the file', () => {
  it('can be disabled, and enabled again with the password that it had', async () => {
    await writeFile(path, 'hans falcon*solo\n@design hans\n')
    const file = new CredentialsFile(path)
    const check = async (): Promise<boolean> => {
      const accounts = new FileAccounts({
        path,
        clock: new ManualClock(),
        onChanged: () => {},
        onWarning: () => {},
      })
      await accounts.open()
      accounts.close()
      return (await accounts.authenticate('hans', 'falcon*solo')) !== undefined
    }
    expect(await check()).toBe(true)
    await file.disable('hans')
    await file.disable('hans')
    expect(await file.list()).toEqual([
      { username: 'hans', hashed: true, disabled: true, groups: ['design'] },
    ])
    expect(await readFile(path, 'utf8')).not.toContain('falcon')
    expect(await check()).toBe(false)
    await file.enable('hans')
    await file.enable('hans')
    expect(await file.list()).toEqual([
      { username: 'hans', hashed: true, disabled: false, groups: ['design'] },
    ])
    expect(await check()).toBe(true)
  })

  it('stays disabled when it gets another password', async () => {
    const file = new CredentialsFile(path)
    await file.add('hans', 'a')
    await file.disable('hans')
    await file.setPassword('hans', 'b')
    expect(await file.list()).toMatchObject([{ disabled: true }])
  })

  it('must be there to be disabled, enabled, or put into a group', async () => {
    const file = new CredentialsFile(path)
    await file.add('hans', 'a')
    await expect(file.disable('yoda')).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(file.enable('yoda')).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(file.addToGroup('design', ['hans', 'yoda'])).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(file.addToGroup('@design', ['hans'])).rejects.toMatchObject({ code: 'INVALID_OPTION' })
    await expect(file.removeFromGroup('design', ['hans'])).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect((await file.groups()).size).toBe(0)
  })

  it('leaves its groups when it is removed: who gets the name next is somebody else', async () => {
    const file = new CredentialsFile(path)
    await file.add('hans', 'a')
    await file.add('yoda', 'b')
    await file.addToGroup('design', ['hans', 'yoda'])
    await file.remove('hans')
    await file.add('hans', 'c')
    expect([...((await file.groups()).get('design') ?? [])]).toEqual(['yoda'])
    await file.removeFromGroup('design', ['yoda'])
    expect((await file.groups()).size).toBe(0)
  })
})

describe('the groups of an account', () => {
  it('change without a new login', async () => {
    await writeFile(path, 'hans a\n@design hans\n')
    const clock = new ManualClock()
    const changed: string[] = []
    const accounts = new FileAccounts({
      path,
      clock,
      onChanged: (usernames) => changed.push(...usernames),
      onWarning: () => {},
    })
    await accounts.open()
    const account = await accounts.authenticate('hans', 'a')
    expect([...(account?.groups ?? [])]).toEqual(['design'])
    await writeFile(path, 'hans a\n@ops hans\n@many hans yoda\n')
    await clock.advance(1000)
    while (clock.timers === 0) await settle()
    expect([...(account?.groups ?? [])]).toEqual(['ops', 'many'])
    expect(changed).toEqual([])
    accounts.close()
  })
})
