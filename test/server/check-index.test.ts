import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { checkIndex } from '../../src/server/check-index.js'
import { IndexServer } from '../../src/server/index-server.js'

let folder: string
let credentials: string
let dataDir: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bittrickle-'))
  credentials = join(folder, 'credentials.txt')
  dataDir = join(folder, 'data')
  await writeFile(credentials, 'hans falcon*solo\n')
})
afterEach(() => rm(folder, { recursive: true }))

const start = async (): Promise<IndexServer> => {
  const index = new IndexServer({
    host: '127.0.0.1',
    port: 0,
    credentials,
    dataDir,
    audit: join(folder, 'audit'),
  })
  await index.listen()
  return index
}

/** What is in the folder, and in the files in it. */
async function contents(): Promise<Record<string, string>> {
  const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((file) =>
    file.isFile(),
  )
  const paths = files.map(({ parentPath, name }) => join(parentPath, name)).sort()
  return Object.fromEntries(
    await Promise.all(paths.map(async (path) => [path, await readFile(path, 'base64')] as const)),
  )
}

it('says what would be made where there is nothing, and makes nothing', async () => {
  const { faults, notes } = await checkIndex({ credentials, dataDir, audit: join(folder, 'audit') })
  expect(faults).toEqual([])
  expect(notes).toEqual([
    expect.stringMatching(/has 1 account/),
    expect.stringMatching(/plain password/),
    expect.stringMatching(/data folder .* would be made/),
    expect.stringMatching(/audit trail .* would be begun/),
  ])
  expect(await readdir(folder)).toEqual(['credentials.txt'])
})

it('finds what an index has left in order, and changes nothing', async () => {
  const index = await start()
  const key = index.uri.split('key=')[1]
  await index.close()
  const before = await contents()
  const { faults, notes } = await checkIndex({ credentials, dataDir, audit: join(folder, 'audit') })
  expect(faults).toEqual([])
  expect(notes.join('\n')).toContain(`The key of the index is ${key}.`)
  expect(notes.join('\n')).toMatch(/catalogue .* can be opened/)
  expect(notes.join('\n')).toMatch(/audit trail .* has 2 lines/)
  expect(await contents()).toEqual(before)
})

it('tells of an index that runs, which is no fault', async () => {
  const index = await start()
  const { faults, notes } = await checkIndex({ credentials, dataDir })
  expect(faults).toEqual([])
  expect(notes.join('\n')).toMatch(/open in another process/)
  await index.close()
})

it('names every fault, not only the first', async () => {
  await mkdir(dataDir)
  await writeFile(join(dataDir, 'server.key'), 'no key\n')
  await writeFile(
    join(dataDir, 'catalogue.db'),
    'my diary, which is long enough to be no database. '.repeat(20),
  )
  await writeFile(join(folder, 'audit'), 'my diary\n')
  await writeFile(credentials, 'hans\nyoda wise@!man\n@ nobody\n')
  const { faults } = await checkIndex({
    host: 'localhost',
    port: 70_000,
    heartbeat: { timeout: 5 },
    classic: 'yes' as never,
    limits: { bogus: 1 } as never,
    credentials,
    dataDir,
    audit: join(folder, 'audit'),
  })
  expect(faults.map(({ code, message }) => `${code} ${message}`)).toEqual([
    expect.stringMatching(/^INVALID_OPTION .*host must be/),
    expect.stringMatching(/^INVALID_OPTION .*port must be/),
    expect.stringMatching(/^INVALID_OPTION .*heartbeat.timeout must be/),
    expect.stringMatching(/^INVALID_OPTION .*classic must be/),
    expect.stringMatching(/^INVALID_OPTION .*limits\.bogus/),
    expect.stringMatching(/^INVALID_CREDENTIALS_FILE Line 1 of /),
    expect.stringMatching(/^INVALID_CREDENTIALS_FILE Line 3 of /),
    expect.stringMatching(/^DISK_ERROR .*server\.key holds no key/),
    expect.stringMatching(/^STORE_FOREIGN /),
    expect.stringMatching(/^AUDIT_FOREIGN /),
  ])
})

it('says that files are missing, and that a folder is none', async () => {
  await writeFile(dataDir, 'a file')
  const { faults } = await checkIndex({
    credentials: join(folder, 'none'),
    dataDir,
    audit: join(folder, 'no', 'audit'),
  })
  expect(faults.map(({ message }) => message)).toEqual([
    expect.stringMatching(/There is no credentials file/),
    expect.stringMatching(/cannot be used by this user \(it is no folder\)/),
    expect.stringMatching(/Cannot write the audit trail .* \(ENOENT\)/),
  ])
})

it('asks nobody about accounts that an app decides on', async () => {
  expect(await checkIndex({ credentials: () => true })).toEqual({ faults: [], notes: [] })
})

it.skipIf(process.platform === 'win32')('notes a key that others can read', async () => {
  await (await start()).close()
  await chmod(join(dataDir, 'server.key'), 0o644)
  const { notes } = await checkIndex({ credentials, dataDir })
  expect(notes.join('\n')).toMatch(/can be read by others than its owner/)
})
