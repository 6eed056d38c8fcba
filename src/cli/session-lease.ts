import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, rename, unlink } from 'node:fs/promises'
import { connect, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { BitTrickleError } from '../index.js'
import { indexAddress } from './config/index-address.js'
import { printable } from './text.js'

/** The program that holds a session. */
export interface Holder {
  readonly pid: number
  /** What it was told to do: "bittrickle share". */
  readonly what: string
}

// The path of a socket has room for so many bytes on the systems that we know.
const MOST_PATH_BYTES = 100
// It is a program on this machine: it answers at once, or it hangs.
const ANSWER_MS = 1_000

/**
 * The right to be logged in as a user at an index from one state folder. The index takes a second login with the same
 * device key for the first program come back, and sends that away: a search would end a running `share`. So each program
 * listens on a socket of the state folder while it is logged in, and another one that finds it there stays out. It goes
 * with the process, however that ends.
 */
export class SessionLease {
  readonly #server: Server | undefined

  private constructor(server: Server | undefined) {
    this.#server = server
  }

  /** @throws BitTrickleError `ALREADY_ACTIVE` when another program has it */
  static async take(options: {
    readonly stateDir: string
    readonly username: string
    readonly server: string
    readonly what: string
  }): Promise<SessionLease> {
    const path = leasePath(options)
    await mkdir(options.stateDir, { recursive: true, mode: 0o700 })
    const listening = await listen(path, { pid: process.pid, what: options.what })
    if (listening !== 'taken') return new SessionLease(listening)
    const holder = await holderOf(path)
    if (holder !== undefined) throw heldBy(options.username, holder)
    return new SessionLease(await takeOver(path, options))
  }

  /** Lets others log in. May be called again. */
  release(): void {
    this.#server?.close()
  }
}

/** The program that is logged in as a user at an index from a state folder, if there is one. */
export function leasePath({
  stateDir,
  username,
  server,
}: {
  readonly stateDir: string
  readonly username: string
  readonly server: string
}): string {
  const account = `${username}@${indexAddress(server) ?? server}`
  const path = join(stateDir, `session-${hashOf(account)}.sock`)
  if (process.platform === 'win32') return `\\\\.\\pipe\\bittrickle-${hashOf(path)}`
  return Buffer.byteLength(path) <= MOST_PATH_BYTES ? path : join(tmpdir(), `bittrickle-${hashOf(path)}.sock`)
}

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16)

/** @returns undefined where there can be no socket: then nobody is kept out */
async function listen(path: string, holder: Holder): Promise<Server | undefined | 'taken'> {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy())
    socket.end(`${JSON.stringify(holder)}\n`)
  })
  server.listen(path)
  try {
    await once(server, 'listening')
  } catch (error) {
    return codeOf(error) === 'EADDRINUSE' ? 'taken' : undefined
  }
  // What else the program does decides how long it lives.
  server.unref()
  server.on('error', () => {})
  return server
}

/** Who answers at a socket; undefined when it is one that a dead program has left. */
async function holderOf(path: string): Promise<Holder | undefined> {
  const socket = connect(path)
  socket.setTimeout(ANSWER_MS, () => socket.destroy())
  try {
    await once(socket, 'connect')
    for await (const line of createInterface({ input: socket })) return JSON.parse(line) as Holder
    return { pid: 0, what: 'a program that does not answer' }
  } catch (error) {
    const isLeft = ['ECONNREFUSED', 'ENOENT'].includes(codeOf(error) ?? '')
    return isLeft ? undefined : { pid: 0, what: 'a program that does not answer' }
  } finally {
    socket.destroy()
  }
}

// Two programs may find the same dead socket: what was put aside is looked at again before it is removed.
async function takeOver(
  path: string,
  { username, what }: { readonly username: string; readonly what: string },
): Promise<Server | undefined> {
  const aside = `${path}.${process.pid}`
  await rename(path, aside).catch(() => {})
  const holder = await holderOf(aside)
  if (holder !== undefined) {
    await rename(aside, path)
    throw heldBy(username, holder)
  }
  await unlink(aside).catch(() => {})
  const listening = await listen(path, { pid: process.pid, what })
  if (listening !== 'taken') return listening
  throw heldBy(username, (await holderOf(path)) ?? { pid: 0, what: 'another program' })
}

function heldBy(username: string, { pid, what }: Holder): BitTrickleError {
  const who = pid === 0 ? what : `process ${pid} (${printable(what)})`
  return new BitTrickleError(
    'ALREADY_ACTIVE',
    `${printable(username)} is logged in from this machine already, by ${who}, which a second login would throw out. ` +
      'Say it there, or end that one, or use another account.',
    { retryable: true },
  )
}
