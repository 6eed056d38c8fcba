import { packRoot } from './root-bytes.js'
import { APPLICATION_ID, STEPS } from './sqlite-steps.js'

// Rows that are read at a time: their texts come joined, since SQLite hands over one long text much faster than
// thousands of short ones.
const ROWS = 2048

/** A failure that the store can name. `kind` is one of sqlite-store.ts. */
export class FileFailure extends Error {
  constructor(kind, message, cause) {
    super(message, { cause })
    this.kind = kind
  }
}

/** A catalogue's file, which this process alone has open. */
export class SqliteFile {
  #database
  #statements
  #users = new Map()
  // By the number of a user, the place in the summary.
  #places = new Map()
  #isVerified = false

  /** Looks whether the file could be opened; it is there. Nothing that is in it changes. */
  static check(Database, path) {
    const database = open(Database, path)
    try {
      SqliteFile.#identify(database)
      SqliteFile.#verify(database)
    } catch (error) {
      throw named(error)
    } finally {
      database.close()
    }
  }

  /** Opens the file, makes it where it is not there, and brings it to the present version. {@link verify} is to follow. */
  constructor(Database, path, maxPages) {
    this.#database = open(Database, path)
    try {
      const version = SqliteFile.#identify(this.#database)
      if (version < STEPS.length) this.verify()
      this.#settle(maxPages)
      this.#migrate()
      this.#statements = this.#prepare()
    } catch (error) {
      this.#database.close()
      throw named(error)
    }
  }

  // Before anything is written: what is not ours is left as it is.
  static #identify(database) {
    // Nobody else reads or writes until this process ends, however it does. No file of shared memory is needed then.
    database.pragma('locking_mode = EXCLUSIVE')
    const application = database.pragma('application_id', { simple: true })
    const version = database.pragma('user_version', { simple: true })
    const tables = database.prepare('SELECT count(*) FROM sqlite_schema').pluck().get()
    if (application !== APPLICATION_ID && (application !== 0 || version !== 0 || tables !== 0)) {
      throw new FileFailure('foreign', 'it belongs to another program')
    }
    if (version > STEPS.length) {
      throw new FileFailure('newer', `it is of version ${version}, and this release knows ${STEPS.length}`)
    }
    return version
  }

  static #verify(database) {
    const problem = database.pragma('quick_check(1)', { simple: true })
    if (problem !== 'ok') throw new FileFailure('broken', problem)
  }

  /** Looks through the whole file for damage, once. */
  verify() {
    if (this.#isVerified) return
    this.#isVerified = true
    SqliteFile.#verify(this.#database)
  }

  #settle(maxPages) {
    const database = this.#database
    database.pragma('journal_mode = WAL')
    // A commit is on the disk when it returns, also when the power fails in the next moment.
    database.pragma('synchronous = FULL')
    database.pragma('cache_size = -8192')
    if (maxPages !== undefined) database.pragma(`max_page_count = ${maxPages}`)
    database.exec('BEGIN EXCLUSIVE; COMMIT')
  }

  #migrate() {
    const database = this.#database
    for (let version = database.pragma('user_version', { simple: true }); version < STEPS.length; version++) {
      database.transaction(() => {
        database.pragma(`application_id = ${APPLICATION_ID}`)
        database.exec(STEPS[version])
        database.pragma(`user_version = ${version + 1}`)
      })()
    }
  }

  #prepare() {
    const prepare = (text) => this.#database.prepare(text)
    return {
      addUser: prepare('INSERT INTO user (username) VALUES (?)'),
      put: prepare('INSERT OR REPLACE INTO publication VALUES (?, ?, ?, ?, ?, ?, ?)'),
      remove: prepare('DELETE FROM publication WHERE name = ? AND user = ?'),
    }
  }

  /** How many publications there are, and who may have them. */
  summary() {
    const count = this.#database.prepare('SELECT count(*) FROM publication').pluck().get()
    const users = this.#database.prepare('SELECT username, id FROM user').raw().all()
    this.#users = new Map(users)
    this.#places = new Map(users.map(([, id], place) => [id, place]))
    return { count, usernames: users.map(([username]) => username) }
  }

  /** Reads all publications by name, so many at a time; of a user the place in the {@link summary}. */
  *read() {
    const placeOf = (id) => {
      const place = this.#places.get(id)
      if (place === undefined) throw new FileFailure('broken', `there is no user ${id}`)
      return place
    }
    const page = this.#database
      .prepare(
        `SELECT count(*), max(name), CAST(group_concat(name, char(10)) AS BLOB), CAST(group_concat(ifnull(root, ''), char(10)) AS BLOB),
           CAST(group_concat(ifnull(audience, ''), char(10)) AS BLOB), group_concat(format('%d,%d,%d,%d', user, size, published_at, arrival))
         FROM (SELECT * FROM publication WHERE (name, user) > (?, ?) ORDER BY name, user LIMIT ${ROWS})`,
      )
      .raw()
    for (let last = ['', 0]; ; ) {
      const [count, name, names, roots, audiences, numbers] = page.get(...last)
      if (count === 0) return
      const [users, sizes, times, keys] = toColumns(JSON.parse(`[${numbers}]`), 4)
      last = [name, users.at(-1)]
      yield {
        users: Uint32Array.from(users, placeOf),
        names: toTexts(names, count),
        roots: packRoots(toTexts(roots, count)),
        audiences: toTexts(audiences, count),
        sizes,
        times,
        keys,
      }
    }
  }

  /** Writes changes, all or none of them; they are on the disk when it returns. With none it tries whether it could. */
  write(changes) {
    const added = []
    try {
      this.#database.transaction(() => {
        // A page that is written as it is takes the way of every write.
        if (changes.length === 0) this.#database.pragma(`user_version = ${STEPS.length}`)
        for (const { username, name, put } of changes) {
          const user = this.#userId(username, added)
          if (put === undefined) this.#statements.remove.run(name, user)
          else this.#statements.put.run(name, user, put.root, put.size, put.at, put.arrival, put.audience)
        }
      })()
    } catch (error) {
      for (const username of added) this.#users.delete(username)
      throw named(error)
    }
  }

  #userId(username, added) {
    const known = this.#users.get(username)
    if (known !== undefined) return known
    const id = Number(this.#statements.addUser.run(username).lastInsertRowid)
    this.#users.set(username, id)
    added.push(username)
    return id
  }

  /** Writes what is in the log into the file and closes it. */
  close() {
    this.#database.close()
  }
}

/** Texts with line feeds between them, and where each ends. */
function toTexts(bytes, count) {
  const ends = new Uint32Array(count)
  let found = 0
  for (let at = 0; at < bytes.length; at++) {
    if (bytes[at] !== 0x0a) continue
    ends[found] = at
    // As `ends[found++]`, Node.js 20 gives up what it has compiled at each call.
    found += 1
  }
  ends[found] = bytes.length
  if (found + 1 !== count) throw new FileFailure('broken', 'it has a text that cannot be')
  return { bytes, ends }
}

/** Roots as they are kept in memory, where this thread has time to make them so. */
function packRoots({ bytes, ends }) {
  const packed = { bytes: new Uint8Array(bytes.length + ends.length), ends: new Uint32Array(ends.length) }
  let from = 0
  let to = 0
  for (const [at, end] of ends.entries()) {
    if (end > from) {
      const root = packRoot(bytes, from, end)
      packed.bytes.set(root, to)
      to += root.length
    }
    packed.ends[at] = to
    to += 1
    from = end + 1
  }
  return packed
}

/** Numbers row by row, as columns. */
function toColumns(numbers, count) {
  const columns = Array.from({ length: count }, () => new Float64Array(numbers.length / count))
  for (const [column, values] of columns.entries()) {
    for (let row = 0; row < values.length; row++) values[row] = numbers[row * count + column]
  }
  return columns
}

function open(Database, path) {
  try {
    return new Database(path, { timeout: 0 })
  } catch (error) {
    throw named(error)
  }
}

/** What went wrong, by its kind. */
export function named(error) {
  if (error instanceof FileFailure || typeof error.code !== 'string') return error
  const kinds = {
    SQLITE_BUSY: 'locked',
    SQLITE_NOTADB: 'foreign',
    SQLITE_CORRUPT: 'broken',
    // Its tables are not what they have to be.
    SQLITE_ERROR: 'broken',
    SQLITE_FULL: 'full',
  }
  const kind = Object.entries(kinds).find(([code]) => error.code.startsWith(code))?.[1] ?? 'disk'
  return new FileFailure(kind, error.message, error)
}
