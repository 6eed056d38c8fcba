import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { chmod, lstat, mkdir, rename, unlink } from 'node:fs/promises'
import { connect, createServer, type Server, Socket } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { BitTrickleError } from '../../index.js'
import { indexAddress } from '../config/index-address.js'
import { printable } from '../text.js'
import { type Holder, Messages } from './messages.js'

/** Who wants to be logged in, and from where. */
export interface LeaseOptions {
  readonly stateDir: string
  readonly username: string
  readonly server: string
  /** Called with each program that comes while this one has the lease. */
  readonly onVisitor: (socket: Socket) => void
}

/** Another program has the lease, and can be spoken to. */
export interface HolderLink {
  readonly holder: Holder
  readonly messages: Messages
}

// The path of a socket has room for so many bytes on the systems that we know.
const MOST_PATH_BYTES = 100
// It is a program on this machine: it answers at once, or it hangs.
const ANSWER_MS = 5_000
// They are programs of one user: more at a time is a script that runs wild.
const MOST_VISITORS = 64
// A program that leaves is gone in a moment.
const MOST_TRIES = 10
const BETWEEN_MS = 50

// It cannot be asked for anything.
function silent(): HolderLink {
  const messages = new Messages(new Socket())
  messages.close()
  return { holder: { pid: 0, what: 'a program that does not answer' }, messages }
}

/**
 * The right to be logged in as a user at an index from one state folder. The index takes a second login with the same
 * device key for the first program come back, and sends that away: a search would end a running `share`. So each program
 * listens on a socket of the state folder while it is logged in, and another one that finds it there asks it, or stays
 * out. The lease goes with the process, however that ends.
 */
export class Lease {
  readonly #server: Server | undefined
  readonly #visitors: ReadonlySet<Socket>

  private constructor(server: Server | undefined, visitors: ReadonlySet<Socket>) {
    this.#server = server
    this.#visitors = visitors
  }

  /** @returns the lease, or a way to speak to the program that has it */
  static async take(options: LeaseOptions): Promise<Lease | HolderLink> {
    const path = await socketPath(options)
    const visitors = new Set<Socket>()
    if (path === undefined) return new Lease(undefined, visitors)
    for (let tries = 1; ; tries += 1) {
      const listening = await listen(path, (socket) => {
        // From the first moment on: one that nobody knows of would be left waiting.
        visitors.add(socket)
        socket.once('close', () => visitors.delete(socket))
        options.onVisitor(socket)
      })
      if (listening !== 'taken') return new Lease(listening, visitors)
      const found = await visit(path)
      if (found === 'dead') await takeOver(path)
      else if (found !== 'gone') return found
      else if (tries >= MOST_TRIES) return silent()
      else await setTimeout(BETWEEN_MS)
    }
  }

  /** Lets others log in. May be called again. */
  release(): void {
    this.#server?.close()
    for (const socket of this.#visitors) socket.destroy()
  }
}

/** The error for a user who is logged in by another program. */
export function heldBy(username: string, { pid, what }: Holder, more = ''): BitTrickleError {
  const who = pid === 0 ? what : `process ${pid} (${printable(what)})`
  return new BitTrickleError(
    'ALREADY_ACTIVE',
    `${printable(username)} is logged in from this machine already, by ${who}, which a second login would throw out. ` +
      `${more}End that one first, or use another account.`,
    { retryable: true },
  )
}

/** Where programs of one user find each other; undefined where there is no safe place for that. */
export async function socketPath({
  stateDir,
  username,
  server,
}: Omit<LeaseOptions, 'onVisitor'>): Promise<string | undefined> {
  const account = `${username}@${indexAddress(server) ?? server}`
  const path = join(stateDir, `session-${hashOf(account)}.sock`)
  if (process.platform === 'win32') return `\\\\.\\pipe\\bittrickle-${hashOf(path)}`
  const isShort = Buffer.byteLength(path) <= MOST_PATH_BYTES
  const { uid } = userInfo()
  const found = isShort ? path : join(tmpdir(), `bittrickle-${uid}`, `${hashOf(path)}.sock`)
  try {
    await mkdir(dirname(found), { recursive: true, mode: 0o700 })
    // In a folder that everybody writes to, the one of this name may be somebody else's.
    const stats = await lstat(dirname(found))
    return isShort || (stats.isDirectory() && stats.uid === uid && (stats.mode & 0o077) === 0)
      ? found
      : undefined
  } catch {
    return undefined
  }
}

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16)

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code

/** @returns undefined where there can be no socket: then nobody is kept out */
async function listen(
  path: string,
  onVisitor: LeaseOptions['onVisitor'],
): Promise<Server | undefined | 'taken'> {
  const server = createServer(onVisitor)
  server.maxConnections = MOST_VISITORS
  server.listen(path)
  try {
    await once(server, 'listening')
    if (process.platform !== 'win32') await chmod(path, 0o600)
  } catch (error) {
    server.close()
    return codeOf(error) === 'EADDRINUSE' ? 'taken' : undefined
  }
  // What else the program does decides how long it lives.
  server.unref()
  server.on('error', () => {})
  return server
}

/** Speaks to the program at a socket: `dead` when it has left that behind, and `gone` when it leaves just now. */
async function visit(path: string): Promise<HolderLink | 'dead' | 'gone'> {
  const socket = connect(path)
  try {
    await once(socket, 'connect')
  } catch (error) {
    return codeOf(error) === 'ECONNREFUSED' ? 'dead' : 'gone'
  }
  const messages = new Messages(socket)
  let hangs = false
  socket.setTimeout(ANSWER_MS, () => {
    hangs = true
    socket.destroy()
  })
  const holder = await messages.next<Holder>()
  socket.setTimeout(0)
  if (hangs) return silent()
  return holder === undefined ? 'gone' : { holder, messages }
}

// Two programs may find the same dead socket: what was put aside is looked at again before it is removed.
async function takeOver(path: string): Promise<void> {
  const aside = `${path}.${process.pid}`
  try {
    await rename(path, aside)
  } catch {
    return
  }
  const found = await visit(aside)
  if (found === 'dead') {
    await unlink(aside)
    return
  }
  if (found !== 'gone') found.messages.close()
  await rename(aside, path)
}
