import {
  appendFile,
  type FileHandle,
  mkdtemp,
  open,
  readdir,
  readFile,
  rename,
  rm,
  truncate,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { withResolvers } from '../../../src/peer/share/watch/waiter.js'
import { AuditLog, MAX_WAITING_RECORDS, RETRY_MS } from '../../../src/server/audit/audit-log.js'
import { verifyAudit } from '../../../src/server/audit/verify-audit.js'
import { ManualClock, settle } from '../../helpers/manual-clock.js'

let folder: string
let path: string
let clock: ManualClock
let warnings: { readonly message: string; readonly cause: unknown }[]

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bittrickle-audit-'))
  path = join(folder, 'audit.ndjson')
  clock = new ManualClock()
  warnings = []
})
afterEach(() => rm(folder, { recursive: true }))

const makeLog = (openFile?: typeof open): AuditLog =>
  new AuditLog({
    path,
    clock,
    onWarning: (message, cause) => warnings.push({ message, cause }),
    ...(openFile === undefined ? {} : { openFile: openFile as never }),
  })

const login = (user: string) => ({ type: 'login', fields: { user } })

interface Line {
  readonly seq: number
  readonly type: string
  readonly [key: string]: unknown
}

async function lines(): Promise<Line[]> {
  const text = await readFile(path, 'utf8')
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line))
}
const types = async (): Promise<string[]> => (await lines()).map(({ type }) => type)

/** Of the last line of the trail that was moved away. */
async function headOf(moved: string): Promise<string> {
  return (await verifyAudit(moved)).head
}

/** Begins a trail with these users' logins, and closes it. */
async function write(...users: readonly string[]): Promise<void> {
  const log = makeLog()
  await log.open('key')
  for (const user of users) log.add(login(user))
  await log.close()
}

describe('an audit log', () => {
  it('begins a trail, for its owner alone, and writes what comes in order', async () => {
    const log = makeLog()
    await log.open('the-key')
    log.add(login('hans'))
    await settle()
    await clock.advance(5)
    log.add(login('yoda'))
    await log.close()
    expect(await lines()).toMatchObject([
      { seq: 0, type: 'begin', format: 'bittrickle-audit', version: 1, index: 'the-key' },
      { seq: 1, type: 'login', user: 'hans', time: '2030-01-01T00:00:00.000Z' },
      { seq: 2, type: 'login', user: 'yoda', time: '2030-01-01T00:00:00.005Z' },
      { seq: 3, type: 'end' },
    ])
    const handle = await open(path)
    expect((await handle.stat()).mode & 0o777).toBe(0o600)
    await handle.close()
    expect(await verifyAudit(path)).toMatchObject({ lines: 4 })
    expect(warnings).toEqual([])
    expect(clock.timers).toBe(0)
  })

  it('goes on with a trail, and says so', async () => {
    await write('hans')
    await write('yoda')
    expect(await types()).toEqual(['begin', 'login', 'end', 'resumed', 'login', 'end'])
    expect(await verifyAudit(path)).toMatchObject({ lines: 6 })
  })

  it('writes many lines in few writes', async () => {
    let writes = 0
    const log = makeLog(watched({ appendFile: () => writes++ }))
    await log.open('key')
    for (let index = 0; index < 1_000; index++) log.add(login(`u${index}`))
    await log.close()
    expect(await verifyAudit(path)).toMatchObject({ lines: 1_002 })
    expect(writes).toBeLessThan(8)
  })

  it('that is closed before it was opened, or twice, does nothing', async () => {
    await makeLog().close()
    const log = makeLog()
    await log.open('key')
    await Promise.all([log.close(), log.close()])
    await log.close()
    expect(await types()).toEqual(['begin', 'end'])
  })
})

describe('a trail that a crash has torn', () => {
  it('loses nothing: what is left of the last line is moved aside, and a line says so', async () => {
    await write('hans', 'yoda')
    const whole = await readFile(path)
    const lastLine = whole.lastIndexOf('\n', whole.length - 2) + 1
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: whole.length - lastLine - 1 }), async (kept) => {
        await rm(folder, { recursive: true })
        folder = await mkdtemp(join(tmpdir(), 'bittrickle-audit-'))
        path = join(folder, 'audit.ndjson')
        const torn = whole.subarray(0, lastLine + kept)
        await writeFile(path, torn)
        await write('vader')
        const [resumed] = (await lines()).slice(3)
        expect(resumed).toMatchObject({ type: 'resumed', torn: kept })
        const aside = await readFile(join(folder, String(resumed?.movedTo)))
        expect(aside.equals(torn.subarray(lastLine))).toBe(true)
        expect(await types()).toEqual(['begin', 'login', 'login', 'resumed', 'login', 'end'])
        expect(await verifyAudit(path)).toMatchObject({ lines: 6 })
      }),
      { numRuns: 20 },
    )
  })

  it('in its very first line begins anew', async () => {
    await write()
    await truncate(path, 40)
    await write('hans')
    expect(await types()).toEqual(['begin', 'resumed', 'login', 'end'])
    expect(await readdir(folder)).toHaveLength(2)
  })

  it('twice at the same place keeps both', async () => {
    await write('hans')
    for (const left of ['{"seq":3,"a', '{"seq":4,"b']) {
      const { length } = await readFile(path)
      await appendFile(path, left)
      const log = makeLog()
      await log.open('key')
      await log.close()
      await truncate(path, length)
    }
    const aside = (await readdir(folder)).filter((name) => name !== 'audit.ndjson')
    const texts = await Promise.all(aside.map((name) => readFile(join(folder, name), 'utf8')))
    expect(texts.sort()).toEqual(['{"seq":3,"a', '{"seq":4,"b'])
  })
})

describe('a file that is not to be gone on with', () => {
  const unchanged = async (code: string): Promise<void> => {
    const before = await readFile(path)
    await expect(makeLog().open('key')).rejects.toMatchObject({
      code,
      message: expect.stringContaining(path),
    })
    expect((await readFile(path)).equals(before)).toBe(true)
    expect(await readdir(folder)).toEqual(['audit.ndjson'])
  }

  it.each([
    'hello\n',
    'no line feed',
    '\n',
    '{"seq":0}\n',
    '{"seq":0,"time":"x\n{"seq":1}\n',
    '\0'.repeat(10),
  ])('%j is something else, and is not touched', async (text) => {
    await writeFile(path, text)
    await unchanged('AUDIT_FOREIGN')
  })

  it('is one whose last lines were altered, torn or not', async () => {
    await write('hans', 'yoda')
    const whole = await readFile(path, 'utf8')
    for (const altered of [
      whole.replace('yoda', 'vader'),
      whole.replace('yoda', 'vader').slice(0, -10),
      whole.replace('"type":"end"', '"type":"fin"'),
      whole.replace(/.*yoda.*\n/, ''),
      `${whole}\n`,
      `${whole}${'x'.repeat(5_000_000)}`,
    ]) {
      await writeFile(path, altered)
      await unchanged('AUDIT_BROKEN')
    }
  })

  it('is a folder, a device, or where none can be', async () => {
    path = folder
    await expect(makeLog().open('key')).rejects.toMatchObject({ code: 'DISK_ERROR' })
    path = '/dev/null'
    await expect(makeLog().open('key')).rejects.toMatchObject({ code: 'AUDIT_FOREIGN' })
    path = join(folder, 'no', 'where')
    await expect(makeLog().open('key')).rejects.toMatchObject({ code: 'DISK_ERROR' })
  })
})

describe('a disk that is full', () => {
  /** Takes so many bytes of a write, and no more, while it is full. */
  const full = { is: false, takes: 0 }
  const failing = watched({
    appendFile: async (handle, bytes) => {
      if (!full.is) return
      await handle.write(bytes.subarray(0, full.takes))
      throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' })
    },
  })
  beforeEach(() => {
    full.is = false
    full.takes = 0
  })

  it.each([0, 1, 100, 400])(
    'that takes %i bytes of a write loses nothing once there is room',
    async (takes) => {
      const log = makeLog(failing)
      await log.open('key')
      await settle()
      Object.assign(full, { is: true, takes })
      log.add(login('hans'))
      await clock.advance(RETRY_MS * 3)
      log.add(login('yoda'))
      await clock.advance(RETRY_MS)
      expect(warnings).toHaveLength(1)
      expect(warnings[0]?.cause).toMatchObject({ code: 'DISK_ERROR', retryable: true })
      full.is = false
      await clock.advance(RETRY_MS)
      expect(await types()).toEqual(['begin', 'login', 'login'])
      await log.close()
      expect(await verifyAudit(path)).toMatchObject({ lines: 4 })
      expect(warnings).toHaveLength(1)
      expect(clock.timers).toBe(0)
    },
  )

  it('for so long that memory is full, too, is told of by the number of what was lost, where it was', async () => {
    const log = makeLog(failing)
    await log.open('key')
    await settle()
    full.is = true
    for (let index = 0; index < MAX_WAITING_RECORDS + 5; index++) log.add(login(`u${index}`))
    await clock.advance(RETRY_MS)
    for (let index = 0; index < 2; index++) log.add(login('late'))
    full.is = false
    await clock.advance(RETRY_MS)
    log.add(login('after'))
    await log.close()
    const written = await lines()
    expect(written).toHaveLength(1 + MAX_WAITING_RECORDS + 3)
    expect(written.slice(-4)).toMatchObject([
      { type: 'login', user: `u${MAX_WAITING_RECORDS - 1}` },
      { type: 'lost', count: 7 },
      { type: 'login', user: 'after' },
      { type: 'end' },
    ])
    await verifyAudit(path)
  })

  it('to the end is told of, and leaves a trail to go on with', async () => {
    const log = makeLog(failing)
    await log.open('key')
    log.add(login('hans'))
    await settle()
    Object.assign(full, { is: true, takes: 50 })
    log.add(login('yoda'))
    await clock.advance(RETRY_MS)
    await log.close()
    expect(warnings.at(-1)?.message).toContain('2 lines are lost')
    expect(clock.timers).toBe(0)
    full.is = false
    await write('vader')
    expect(await types()).toEqual(['begin', 'login', 'resumed', 'login', 'end'])
    await verifyAudit(path)
  })
})

it('another program that writes to the trail is noticed, and not written over', async () => {
  const log = makeLog()
  await log.open('key')
  await settle()
  await appendFile(path, 'somebody was here\n')
  log.add(login('hans'))
  await clock.advance(RETRY_MS)
  expect(warnings).toHaveLength(1)
  expect(warnings[0]?.cause).toMatchObject({ code: 'AUDIT_BROKEN' })
  await log.close()
  expect((await readFile(path, 'utf8')).endsWith('somebody was here\n')).toBe(true)
})

/** Opens files that tell of each write, and fail it when that fails. */
function watched({
  appendFile: onAppend,
}: {
  readonly appendFile: (handle: FileHandle, bytes: Buffer) => unknown
}): typeof open {
  return async (...args) => {
    const handle = await open(...args)
    const append = handle.appendFile.bind(handle)
    handle.appendFile = async (bytes) => {
      await onAppend(handle, bytes as Buffer)
      await append(bytes)
    }
    return handle
  }
}

describe('a trail whose file was moved away', () => {
  it('is ended there and another one begun, which names the end of the first', async () => {
    const log = makeLog()
    await log.open('KEY')
    log.add(login('hans'))
    expect(await log.reopen()).toBe(false)
    const moved = `${path}.1`
    await rename(path, moved)
    log.add(login('yoda'))
    const reopening = log.reopen()
    log.add(login('vader'))
    expect(await Promise.all([reopening, log.reopen()])).toEqual([true, false])
    await log.close()
    const first = (await readFile(moved, 'utf8')).split('\n').slice(0, -1)
    expect(JSON.parse(first.at(-1) ?? '')).toMatchObject({ type: 'end' })
    const second = await lines()
    expect(second[0]).toMatchObject({ seq: 0, type: 'begin', index: 'KEY', follows: await headOf(moved) })
    expect(second.at(-1)).toMatchObject({ type: 'end' })
    await verifyAudit(path)
    // Nobody is lost on the way, and nobody is there twice.
    const users = [...first.map((line) => JSON.parse(line)), ...second].flatMap(({ user }) => user ?? [])
    expect(users).toEqual(['hans', 'yoda', 'vader'])
    expect(warnings).toEqual([])
  })

  it('is ended behind what was on its way to the disk', async () => {
    const gate = withResolvers()
    const writing = withResolvers()
    let writes = 0
    const log = makeLog((async (...args: Parameters<typeof open>) => {
      const handle = await open(...args)
      const append = handle.appendFile.bind(handle)
      handle.appendFile = async (...what) => {
        writes += 1
        if (writes === 2) {
          writing.resolve()
          await gate.promise
        }
        return append(...what)
      }
      return handle
    }) as typeof open)
    await log.open('KEY')
    await expect.poll(types).toEqual(['begin'])
    log.add(login('hans'))
    await writing.promise
    const moved = `${path}.1`
    await rename(path, moved)
    const reopening = log.reopen()
    // It has made the new file, and waits for nothing but the write.
    await expect.poll(() => readFile(path, 'utf8').catch(() => undefined)).toBe('')
    gate.resolve()
    await reopening
    await log.close()
    expect(await verifyAudit(moved)).toMatchObject({ lines: 3 })
    await verifyAudit(path)
  })

  it('goes on where it is when there is something else at its path', async () => {
    const log = makeLog()
    await log.open('KEY')
    const moved = `${path}.1`
    await rename(path, moved)
    await writeFile(path, 'my diary\n')
    await expect(log.reopen()).rejects.toMatchObject({ code: 'AUDIT_FOREIGN' })
    log.add(login('hans'))
    await log.close()
    expect(await readFile(path, 'utf8')).toBe('my diary\n')
    expect((await readFile(moved, 'utf8')).split('\n').slice(0, -1)).toEqual([
      expect.stringContaining('"begin"'),
      expect.stringContaining('"hans"'),
      expect.stringContaining('"end"'),
    ])
  })

  it('is left without its end when its disk is full, and what waits goes to the new one', async () => {
    let isFull = false
    const log = makeLog((async (...args: Parameters<typeof open>) => {
      const handle = await open(...args)
      const isFirst = (await handle.stat()).size === 0 && !isFull
      if (!isFirst) return handle
      const append = handle.appendFile.bind(handle)
      handle.appendFile = async (...what) => {
        if (isFull) throw Object.assign(new Error('full'), { code: 'ENOSPC' })
        return append(...what)
      }
      return handle
    }) as typeof open)
    await log.open('KEY')
    await expect.poll(types).toEqual(['begin'])
    isFull = true
    log.add(login('hans'))
    await expect.poll(() => warnings.length).toBe(1)
    await rename(path, `${path}.1`)
    expect(await log.reopen()).toBe(true)
    await log.close()
    expect(await types()).toEqual(['begin', 'login', 'end'])
    expect((await lines())[0]).not.toHaveProperty('follows')
    expect(warnings).toHaveLength(2)
  })
})
