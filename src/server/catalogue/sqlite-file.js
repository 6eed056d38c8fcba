import { NameSteps } from './name-steps.js'
import { packRoot, ROOT_BYTES, ROOT_CHARACTERS, readRoot } from './root-bytes.js'
import { APPLICATION_ID, STEPS } from './sqlite-steps.js'

// Rows that are read at a time: their texts come joined, since SQLite hands over one long text much faster than
// thousands of short ones.
const ROWS = 2048

const LINE_FEED = 0x0a
const MINUS = 0x2d
const ZERO = 0x30

/** A failure that the store can name. `kind` is one of sqlite-thread.ts. */
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
    // group_concat leaves out what is NULL: twice the number of a user, and one more where there is an audience.
    const page = this.#database
      .prepare(
        `SELECT count(*), max(name), ${joined('name')}, ${joined("ifnull(root, '')")}, ${joined('audience')},
           group_concat(2 * user + (audience IS NOT NULL)), group_concat(ifnull(size, 0)), group_concat(published_at), group_concat(arrival)
         FROM (SELECT * FROM publication WHERE (name, user) > (?, ?) ORDER BY name, user LIMIT ${ROWS})`,
      )
      .raw()
    const steps = new NameSteps()
    for (let last = ['', 0]; ; ) {
      const [count, name, names, roots, audiences, ...columns] = page.get(...last)
      if (count === 0) return
      const [marked, sizes, times, keys] = columns.map((column) => toNumbers(column, count))
      last = [name, userOf(marked.at(-1))]
      const texts = toTexts(names, count)
      yield {
        users: this.#placesOf(marked),
        names: texts,
        steps: steps.of(texts),
        roots: packRoots(roots, count),
        audiences: spread(audiences, marked),
        sizes,
        times,
        keys,
      }
    }
  }

  #placesOf(marked) {
    const places = new Uint32Array(marked.length)
    for (let at = 0; at < marked.length; at++) {
      const user = userOf(marked[at])
      const place = this.#places.get(user)
      if (place === undefined) throw new FileFailure('broken', `there is no user ${user}`)
      places[at] = place
    }
    return places
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

/** A column of many rows as one text. A line feed as char(10) would be made anew for each row, a fifth of all the time. */
function joined(expression) {
  return `CAST(group_concat(${expression}, '\n') AS BLOB)`
}

/** Texts with line feeds between them, and where each ends. */
function toTexts(bytes, count) {
  const ends = new Uint32Array(count)
  let found = 0
  for (let at = 0; at < bytes.length; at++) {
    if (bytes[at] !== LINE_FEED) continue
    ends[found] = at
    // As `ends[found++]`, Node.js 20 gives up what it has compiled at each call.
    found += 1
  }
  ends[found] = bytes.length
  if (found + 1 !== count) throw new FileFailure('broken', 'it has a text that cannot be')
  return { bytes, ends }
}

const userOf = (marked) => Math.floor(marked / 2)
const hasAudience = (marked) => marked % 2 !== 0

/** Texts of those rows alone that are marked to have one, as texts of all rows. */
function spread(joined, marked) {
  let count = 0
  for (let at = 0; at < marked.length; at++) if (hasAudience(marked[at])) count += 1
  const texts = count === 0 ? undefined : toTexts(joined, count)
  const bytes = new Uint8Array((texts?.bytes.length ?? 0) + marked.length)
  const ends = new Uint32Array(marked.length)
  let [next, from, to] = [0, 0, 0]
  for (let at = 0; at < marked.length; at++) {
    if (hasAudience(marked[at])) {
      const end = texts.ends[next++]
      bytes.set(texts.bytes.subarray(from, end), to)
      to += end - from
      from = end + 1
    }
    ends[at] = to
    to += 1
  }
  return { bytes, ends }
}

/** Whole numbers with commas between them. */
function toNumbers(text, count) {
  const numbers = new Float64Array(count)
  let at = 0
  for (let row = 0; row < count; row++) {
    const isNegative = text.charCodeAt(at) === MINUS
    if (isNegative) at += 1
    let value = 0
    for (let code = text.charCodeAt(at); code >= ZERO; code = text.charCodeAt(++at))
      value = 10 * value + (code - ZERO)
    numbers[row] = isNegative ? -value : value
    at += 1
  }
  return numbers
}

/** Roots as they are kept in memory, where this thread has time to make them so. */
function packRoots(texts, count) {
  const bytes = new Uint8Array(texts.length + count)
  const ends = new Uint32Array(count)
  let from = 0
  let to = 0
  for (let at = 0; at < count; at++) {
    let end = from + ROOT_CHARACTERS
    if ((end === texts.length || texts[end] === LINE_FEED) && readRoot(texts, from, bytes, to))
      to += ROOT_BYTES
    else {
      const next = texts.indexOf(LINE_FEED, from)
      end = next < 0 ? texts.length : next
      const other = packRoot(texts, from, end)
      bytes.set(other, to)
      to += other.length
    }
    ends[at] = to
    to += 1
    from = end + 1
  }
  if (from <= texts.length) throw new FileFailure('broken', 'it has a text that cannot be')
  return { bytes, ends }
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
