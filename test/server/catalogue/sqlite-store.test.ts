import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import Database from 'better-sqlite3'
import { afterAll, describe, expect, it, vi } from 'vitest'
import type { BitTrickleError, CatalogueEntry, CommitEvent } from '../../../src/index.js'
import { IndexServer } from '../../../src/index.js'
import { Publications } from '../../../src/server/catalogue/publications.js'
import { APPLICATION_ID, STEPS } from '../../../src/server/catalogue/sqlite-steps.js'
import { SqliteStore } from '../../../src/server/catalogue/sqlite-store.js'
import { describeCatalogueStore } from './contract.js'

const folder = mkdtempSync(join(tmpdir(), 'bittrickle-store-'))
afterAll(() => rmSync(folder, { recursive: true }))
let files = 0
const newPath = (): string => join(folder, `${files++}.db`)

const AT = new Date('2030-01-01T00:00:00Z')
const entry = (username: string, name: string, more: object = {}): CatalogueEntry => ({
  username,
  name,
  publishedAt: AT,
  ...more,
})

// Each run of the property opens a file.
describeCatalogueStore('SqliteStore', () => new SqliteStore(newPath()), 10)

async function opened(path: string, options: object = {}): Promise<SqliteStore> {
  const store = new SqliteStore(path, options)
  await store.open()
  return store
}

const failure = (promise: Promise<unknown>): Promise<BitTrickleError> =>
  promise.then(
    () => expect.unreachable('it did not fail'),
    (error) => error,
  )

const everyone = { words: [], includes: () => true }

/** All that a store has. */
const contentOf = (store: SqliteStore): CatalogueEntry[] =>
  store.search(everyone).names.flatMap((name) => store.offers(name))

describe('a store that is opened again', () => {
  it('has each number, time, root and audience as it was', async () => {
    const path = newPath()
    const store = await opened(path)
    const entries = Array.from({ length: 300 }, (_, at) =>
      entry(`user-${at % 7}`, `name ${at}`, {
        publishedAt: new Date((at % 2 === 0 ? -1 : 1) * at * 1e10),
        ...(at % 3 === 0
          ? {}
          : { root: at % 3 === 1 ? `R${at}` : 'A'.repeat(43), size: Number.MAX_SAFE_INTEGER - at }),
        ...(at % 5 < 2 ? { audience: `yoda ${at}` } : {}),
      }),
    )
    expect(await store.publishAll(entries)).toEqual(entries.map(() => true))
    await store.close()
    const again = await opened(path)
    expect(entries.flatMap(({ name }) => again.offers(name))).toEqual(entries)
    await again.close()
  })

  it('has what was published, and in the same order', async () => {
    const path = newPath()
    const store = await opened(path)
    const root = 'R'
    const entries = [
      entry('vader', 'b', { root, size: 1 }),
      entry('yoda', 'a \u{1f600} été'),
      entry('hans', 'b', { root: 'S', size: 2 }),
      entry('hans', 'a', { root, size: 0 }),
    ]
    for (const each of entries) await store.publish(each)
    await store.publish(entry('yoda', 'gone'))
    await store.unpublish('yoda', 'gone')
    const before = contentOf(store)
    await store.close()
    const again = await opened(path)
    expect(again.size).toBe(4)
    expect(contentOf(again)).toEqual(before)
    expect(again.offers('b')).toEqual([entries[0], entries[2]])
    // By when they came, not by their names.
    expect([...again.offersOf(root)]).toEqual([entries[0], entries[3]])
    expect(again.search({ ...everyone, words: ['ÉT'] }).names).toEqual(['a \u{1f600} été'])
    // What comes now comes behind them.
    await again.publish(entry('luke', 'b'))
    await again.close()
    const third = await opened(path)
    expect(third.offers('b').map(({ username }) => username)).toEqual(['vader', 'hans', 'luke'])
    await third.close()
  })

  it('finds what was there before and what has come since', async () => {
    const path = newPath()
    const store = await opened(path)
    await Promise.all(Array.from({ length: 5000 }, (_, at) => store.publish(entry('hans', `f/${at}.old`))))
    await store.close()
    const again = await opened(path)
    // At once, before the names are prepared for being searched.
    const names = (): readonly string[] => {
      const found: string[] = []
      for (let after: string | undefined; ; ) {
        const page = again.search({ ...everyone, words: ['77'], ...(after === undefined ? {} : { after }) })
        found.push(...page.names)
        if (page.next === undefined) return found
        after = page.next
      }
    }
    const expected = Array.from({ length: 5000 }, (_, at) => `f/${at}.old`).filter((name) =>
      name.includes('77'),
    )
    expect(names()).toEqual(expected.sort())
    await again.unpublish('hans', 'f/77.old')
    await again.publish(entry('hans', 'f/77.new'))
    for (let look = 0; look < 100; look++) {
      const now = ['f/77.new', ...expected.filter((name) => name !== 'f/77.old')]
      expect(names()).toEqual(now.sort())
      await new Promise((resolve) => setImmediate(resolve))
    }
    await again.close()
  })
})

it('is opened once, and never after it was closed: it would take no writes then', async () => {
  const store = await opened(newPath())
  expect(await failure(store.open())).toMatchObject({ code: 'INVALID_STATE' })
  await store.publish(entry('hans', 'a'))
  await store.close()
  expect(await failure(store.open())).toMatchObject({ code: 'INVALID_STATE' })
})

describe('writes', () => {
  it('are answered once each, also where one cannot be taken over into memory', async () => {
    const store = await opened(newPath())
    const mistake = new TypeError('a mistake')
    const add = vi.spyOn(Publications.prototype, 'add').mockImplementationOnce(() => {
      throw mistake
    })
    const results = await store.publishAll([entry('hans', 'a'), entry('hans', 'b'), entry('hans', 'c')])
    add.mockRestore()
    expect(results).toEqual([mistake, true, true])
    expect([store.count('hans'), store.size]).toEqual([2, 2])
    await store.close()
  })

  it('of one turn see each other, and are seen when they are acknowledged', async () => {
    const store = await opened(newPath())
    const results = Promise.all([
      store.publish(entry('hans', 'a')),
      store.publish(entry('hans', 'a')),
      store.publish(entry('hans', 'a', { root: 'R', size: 1 })),
      store.unpublish('hans', 'a'),
      store.unpublish('hans', 'a'),
      store.publish(entry('hans', 'a', { root: 'S', size: 1 })),
    ])
    expect(store.has('hans', 'a')).toBe(false)
    expect(await results).toEqual([true, false, false, true, false, true])
    expect(store.offers('a')).toEqual([entry('hans', 'a', { root: 'S', size: 1 })])
    await store.close()
  })

  it('count for the bounds of a user from the moment that they are asked for', async () => {
    const store = await opened(newPath())
    const counts = () => [store.size, store.count('hans'), store.count('yoda')]
    const writes = [store.publish(entry('hans', 'a')), store.publish(entry('hans', 'b'))]
    expect(counts()).toEqual([2, 2, 0])
    await Promise.all(writes)
    expect(counts()).toEqual([2, 2, 0])
    // The same again is no more than before, when it is done.
    await store.publish(entry('hans', 'a'))
    await store.unpublish('hans', 'b')
    expect(counts()).toEqual([1, 1, 0])
    await store.close()
  })

  it('that were begun are on the disk when the store is closed; others are refused', async () => {
    const path = newPath()
    const store = await opened(path)
    const writes = Array.from({ length: 1000 }, (_, at) => store.publish(entry('hans', `${at}`)))
    const closed = store.close()
    expect((await failure(store.publish(entry('hans', 'late')))).code).toBe('CLOSED')
    expect(await Promise.all(writes)).not.toContain(false)
    await closed
    const again = await opened(path)
    expect(again.size).toBe(1000)
    await again.close()
  })

  it('on a full disk fail, those that did not fit and no others, and memory says what the disk says', async () => {
    const path = newPath()
    const store = await opened(path, { maxPages: 40 })
    const published: string[] = []
    let refused: BitTrickleError | undefined
    for (let at = 0; refused === undefined; at++) {
      const name = `${at}-${'x'.repeat(400)}`
      await store.publish(entry('hans', name)).then(
        () => published.push(name),
        (error) => {
          refused = error
        },
      )
    }
    expect(refused).toMatchObject({ code: 'DISK_ERROR', retryable: true })
    expect(published.length).toBeGreaterThan(50)
    const names = (from: SqliteStore): string[] => from.publishedBy('hans').map(({ name }) => name)
    expect(names(store)).toEqual([...published].sort())
    // A user who was to be added with it is not there either, and can be with something that fits.
    const many = Array.from({ length: 100 }, (_, at) =>
      store.publish(entry('yoda', `${at}-${'y'.repeat(400)}`)),
    )
    for (const write of many) expect((await failure(write)).code).toBe('DISK_ERROR')
    expect(store.count('yoda')).toBe(0)
    for (const name of published.splice(0, 20)) expect(await store.unpublish('hans', name)).toBe(true)
    expect(await store.publish(entry('yoda', 'small'))).toBe(true)
    await store.close()
    const again = await opened(path)
    expect(names(again)).toEqual([...published].sort())
    expect(again.offers('small')).toEqual([entry('yoda', 'small')])
    await again.close()
  })

  it('are told commit by commit, and those that fail with the reason', async () => {
    const store = new SqliteStore(newPath(), { maxPages: 40 })
    const commits: CommitEvent[] = []
    store.onCommit((commit) => commits.push(commit))
    await store.open()
    await Promise.all([store.publish(entry('hans', 'a.txt')), store.publish(entry('hans', 'b.txt'))])
    // What is there already needs no commit.
    await store.publish(entry('hans', 'a.txt'))
    expect(commits).toEqual([{ writes: 2, ms: expect.any(Number) }])
    const long = Array.from({ length: 400 }, (_, n) => entry('hans', `${'x'.repeat(400)} ${n}`))
    await Promise.allSettled(long.map((each) => store.publish(each)))
    expect(commits.at(-1)).toMatchObject({ cause: { code: 'DISK_ERROR', retryable: true } })
    expect(store.waiting).toBe(0)
    await store.close()
  })

  it('can be tried without writing anything', async () => {
    const path = newPath()
    const store = await opened(path)
    await store.publish(entry('hans', 'a.txt'))
    await Promise.all([store.probe(), store.publish(entry('hans', 'b.txt'))])
    const { size } = await stat(`${path}-wal`)
    await Promise.all([store.probe(), store.probe()])
    // It goes all the way to the log of the file.
    expect((await stat(`${path}-wal`)).size).toBeGreaterThan(size)
    await store.close()
    await expect(store.probe()).rejects.toMatchObject({ code: 'CLOSED' })
    const again = await opened(path)
    expect(again.publishedBy('hans')).toHaveLength(2)
    await again.close()
  })

  it('fail when the thread has ended', async () => {
    const script = join(folder, 'dying.mjs')
    writeFileSync(
      script,
      `import { parentPort } from 'node:worker_threads'
       parentPort.postMessage({ count: 0 })
       parentPort.postMessage({ opened: true })
       parentPort.on('message', () => process.exit(1))`,
    )
    const store = await opened(newPath(), { script: pathToFileURL(script) })
    expect((await failure(store.publish(entry('hans', 'a')))).code).toBe('DISK_ERROR')
    expect((await failure(store.publish(entry('hans', 'b')))).code).toBe('DISK_ERROR')
    expect(store.size).toBe(0)
    await store.close()
  })
})

describe('a file', () => {
  it('of version 1 is brought to the present one', async () => {
    const path = newPath()
    const old = new Database(path)
    old.exec(`PRAGMA application_id = ${APPLICATION_ID}; ${STEPS[0]} PRAGMA user_version = 1;
      INSERT INTO user VALUES (7, 'hans'), (9, 'yoda');
      INSERT INTO publication VALUES
        ('a', 7, 'R', 5, ${AT.getTime() + 1}), ('a', 9, NULL, NULL, ${AT.getTime()}), ('b', 7, 'R', 5, ${AT.getTime()})`)
    old.close()
    const store = await opened(path)
    const later = new Date(AT.getTime() + 1)
    expect(store.offers('a')).toEqual([
      entry('yoda', 'a'),
      { ...entry('hans', 'a', { root: 'R', size: 5 }), publishedAt: later },
    ])
    expect([...store.offersOf('R')].map(({ name }) => name)).toEqual(['b', 'a'])
    await store.publish(entry('luke', 'a'))
    await store.close()
    const again = await opened(path)
    expect(again.offers('a').map(({ username }) => username)).toEqual(['yoda', 'hans', 'luke'])
    await again.close()
  })

  it('that is only looked at stays of its version, and is free again', async () => {
    const path = newPath()
    const old = new Database(path)
    old.exec(`PRAGMA application_id = ${APPLICATION_ID}; ${STEPS[0]} PRAGMA user_version = 1`)
    old.close()
    const before = readFileSync(path)
    await SqliteStore.check(path)
    expect(readFileSync(path).equals(before)).toBe(true)
    expect(readdirSync(folder).filter((name) => join(folder, name).startsWith(path))).toHaveLength(1)
    const store = await opened(path)
    expect((await failure(SqliteStore.check(path))).code).toBe('STORE_LOCKED')
    await store.close()
  })

  it('of version 2 has nothing that only some may see, and keeps who may from then on', async () => {
    const path = newPath()
    const old = new Database(path)
    old.exec(`PRAGMA application_id = ${APPLICATION_ID}; ${STEPS[0]} ${STEPS[1]} PRAGMA user_version = 2;
      INSERT INTO user VALUES (7, 'hans');
      INSERT INTO publication VALUES ('a', 7, 'R', 5, ${AT.getTime()}, 1)`)
    old.close()
    const store = await opened(path)
    expect(store.offers('a')).toEqual([entry('hans', 'a', { root: 'R', size: 5 })])
    await store.publish({ ...entry('hans', 'a', { root: 'R', size: 5 }), audience: '@design yoda' })
    await store.close()
    const again = await opened(path)
    expect(again.offers('a')[0]?.audience).toBe('@design yoda')
    await again.close()
  })

  it('whose migration fails is what it was', async () => {
    const path = newPath()
    const old = new Database(path)
    // As of version 1, without what the step to 2 needs.
    old.exec(
      `PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = 1; CREATE TABLE publication (name)`,
    )
    old.close()
    expect((await failure(opened(path))).code).toBe('STORE_DAMAGED')
    const database = new Database(path)
    expect(database.pragma('user_version', { simple: true })).toBe(1)
    expect(database.prepare('SELECT sql FROM sqlite_schema').pluck().all()).toEqual([
      'CREATE TABLE publication (name)',
    ])
    database.close()
  })

  const made = async (alter: (database: Database) => void): Promise<string> => {
    const path = newPath()
    const store = await opened(path)
    await Promise.all(Array.from({ length: 2000 }, (_, at) => store.publish(entry('hans', `file ${at}`))))
    await store.close()
    const database = new Database(path)
    alter(database)
    database.close()
    return path
  }

  it.each([
    ['is newer', 'STORE_NEWER', () => made((database) => void database.pragma('user_version = 99'))],
    [
      'is of another program',
      'STORE_FOREIGN',
      () => made((database) => void database.pragma('application_id = 1')),
    ],
    [
      'is no database',
      'STORE_FOREIGN',
      async () => {
        const path = newPath()
        writeFileSync(path, 'dear diary, '.repeat(1000))
        return path
      },
    ],
    [
      'has a page of nonsense',
      'STORE_DAMAGED',
      async () => {
        const path = await made(() => {})
        const bytes = readFileSync(path)
        for (let page = 4; page < bytes.length / 4096; page++)
          bytes.fill(0x5a, page * 4096, (page + 1) * 4096)
        writeFileSync(path, bytes)
        return path
      },
    ],
    [
      'has nonsense in what is not read',
      'STORE_DAMAGED',
      async () => {
        let page = 0
        const path = await made((database) => {
          const find = "SELECT rootpage FROM sqlite_schema WHERE name LIKE 'sqlite_autoindex_user%'"
          page = Number(database.prepare(find).pluck().all()[0])
        })
        const bytes = readFileSync(path)
        bytes.fill(0x5a, (page - 1) * 4096, page * 4096)
        writeFileSync(path, bytes)
        return path
      },
    ],
    [
      'has the same offer by two users of one name',
      'STORE_DAMAGED',
      () =>
        made((database) => {
          database.exec(`PRAGMA foreign_keys = OFF; DROP TABLE user; CREATE TABLE user (id, username); INSERT INTO user VALUES (1, 'hans'), (2, 'hans');
            INSERT INTO publication SELECT name, 2, root, size, published_at, arrival, audience FROM publication`)
        }),
    ],
    [
      'has offers by nobody',
      'STORE_DAMAGED',
      () => made((database) => void database.exec('PRAGMA foreign_keys = OFF; DELETE FROM user')),
    ],
    [
      'has a line feed in a name',
      'STORE_DAMAGED',
      () =>
        made(
          (database) =>
            void database.exec("UPDATE publication SET name = 'a' || char(10) || 'b' WHERE name = 'file 7'"),
        ),
    ],
  ])('that %s is refused and left as it is', async (_, code, make) => {
    const path = await make()
    const before = readFileSync(path)
    const refused = await failure(opened(path))
    expect(refused.code).toBe(code)
    expect(refused.message).toContain(path)
    expect(readFileSync(path).equals(before)).toBe(true)
  })

  it('that another process has open is refused, until that has ended', async () => {
    const path = newPath()
    const script = join(folder, 'holder.mjs')
    writeFileSync(
      script,
      `import { createRequire } from 'node:module'
       const Database = createRequire(${JSON.stringify(import.meta.url)})('better-sqlite3')
       const database = new Database(${JSON.stringify(path)})
       database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; BEGIN EXCLUSIVE; COMMIT')
       process.send('held')
       process.on('message', () => database.close())`,
    )
    const holder = fork(script)
    await once(holder, 'message')
    expect(await failure(opened(path))).toMatchObject({ code: 'STORE_LOCKED', retryable: true })
    holder.kill('SIGKILL')
    await once(holder, 'exit')
    await (await opened(path)).close()
  })

  it('that this process has open is refused too', async () => {
    const path = newPath()
    const first = await opened(path)
    expect((await failure(opened(path))).code).toBe('STORE_LOCKED')
    expect(await first.publish(entry('hans', 'a'))).toBe(true)
    await first.close()
  })

  it('in a folder that is not there cannot be made', async () => {
    expect((await failure(opened(join(folder, 'none', 'a.db')))).code).toBe('DISK_ERROR')
  })
})

it('says what to install when better-sqlite3 is not there', async () => {
  const script = join(folder, 'without.mjs')
  const worker = new URL('../../../src/server/catalogue/sqlite-worker.js', import.meta.url)
  writeFileSync(
    script,
    readFileSync(worker, 'utf8')
      .replace("import('better-sqlite3')", "import('not-there')")
      .replaceAll(/from '\.\//g, `from '${new URL('.', worker)}`),
  )
  const refused = await failure(opened(newPath(), { script: pathToFileURL(script) }))
  expect(refused.code).toBe('STORE_UNAVAILABLE')
  expect(refused.message).toContain('npm install better-sqlite3@12')
})

it('an index with a data folder keeps its catalogue in it', async () => {
  const dataDir = join(folder, 'data')
  const options = { host: '127.0.0.1', port: 0, dataDir, credentials: () => true }
  const first = new IndexServer(options)
  await first.listen()
  const second = new IndexServer(options)
  expect((await failure(second.listen())).code).toBe('STORE_LOCKED')
  await second.close()
  await first.close()
  const store = await opened(join(dataDir, 'catalogue.db'))
  await store.publish(entry('hans', 'a'))
  await store.close()
  await using third = new IndexServer(options)
  await third.listen()
  expect(third.stats().publications).toBe(1)
})
