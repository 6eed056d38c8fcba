import type { Socket } from 'node:net'
import { createInterface } from 'node:readline'
import type { Failure } from '../failures.js'
import type { Output } from '../output/output.js'
import type { Said } from '../words/word.js'

/** The program that is logged in: the first that it says to another one. */
export interface Holder {
  readonly pid: number
  /** What it was told to do: "bittrickle share". */
  readonly what: string
}

/** It can be asked now. Folders are those that its peer has. */
export interface Ready {
  /** Absent where it serves nothing. */
  readonly share?: string
  readonly download: string
  /** Whether it leaves in a moment, and should not be kept from that. */
  readonly isQuick: boolean
}

/** What it is asked to do. */
export interface Request {
  readonly word: string
  readonly said: Said
  /** Where paths begin that are not in the share folder. */
  readonly cwd: string
  readonly debug: boolean
}

/** What it hands over: calls of the other program's output, and how it has ended. */
export type Reply =
  | { readonly hasBegun: true }
  | { readonly call: Exclude<keyof Output, 'confirm'>; readonly args: readonly unknown[] }
  | { readonly question: string }
  | { readonly exitCode: number }
  | { readonly failure: Failure }

/** A connection between two programs of one user: an object a line, both ways. */
export class Messages {
  readonly #socket: Socket
  readonly #lines: AsyncIterator<string>

  constructor(socket: Socket) {
    this.#socket = socket
    socket.on('error', () => socket.destroy())
    // Made at once: lines that come before anyone asks are kept.
    const readline = createInterface({ input: socket })
    this.#lines = readline[Symbol.asyncIterator]()
    // It hears of an end, but not of a socket that is destroyed.
    socket.once('close', () => readline.close())
  }

  send(message: Holder | Ready | Request | Reply | { readonly answer: boolean }): void {
    if (this.#socket.writable) this.#socket.write(`${JSON.stringify(message)}\n`)
  }

  /** The next message; undefined when the other end has gone, or says what is none. */
  async next<T>(): Promise<T | undefined> {
    try {
      // It throws, too, what the socket fails with.
      const { value, done } = await this.#lines.next()
      return done === true ? undefined : (JSON.parse(value) as T)
    } catch {
      this.close()
      return undefined
    }
  }

  /** Calls back when the other end has gone. */
  onGone(callback: () => void): void {
    this.#socket.once('close', callback)
  }

  /** Sends what is still to be sent, and ends. */
  end(): void {
    this.#socket.end()
  }

  close(): void {
    this.#socket.destroy()
  }
}
