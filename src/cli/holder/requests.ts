import type { Socket } from 'node:net'
import type { Peer } from '../../index.js'
import { toFailure } from '../failures.js'
import type { Output } from '../output/output.js'
import { printable } from '../text.js'
import { findShellWord } from '../words/index.js'
import type { WordContext } from '../words/word.js'
import { type Holder, Messages, type Ready, type Request } from './messages.js'
import { RelayOutput } from './relay-output.js'

const NOTICEABLE_MS = 1_000
const STILL_ASKED = 'Another program has asked for something that is not over yet; Ctrl-C ends it.'

/** What others are served with. */
export interface Serving extends Ready {
  readonly shareDir: string
  readonly peer: Peer
  readonly shared: WordContext['shared']
}

/** What other programs of the same user ask a program to do that is logged in: they cannot be, at the same time. */
export class Requests {
  readonly #holder: Holder
  readonly #running = new Set<Promise<void>>()
  #open: (serving: Serving) => void = () => {}
  readonly #serving = new Promise<Serving>((resolve) => {
    this.#open = resolve
  })
  #isLeaving = false

  constructor(holder: Holder) {
    this.#holder = holder
  }

  /** Somebody has come: is told who this is, and has to wait until the peer is logged in. */
  visit(socket: Socket): void {
    const messages = new Messages(socket)
    messages.send(this.#holder)
    this.#listen(messages).catch(() => messages.close())
  }

  async #listen(messages: Messages): Promise<void> {
    const serving = await this.#serving
    const { share, download, isQuick } = serving
    messages.send({ ...(share === undefined ? {} : { share }), download, isQuick })
    const request = await messages.next<Request>()
    // Who has come too late comes back when this program has gone.
    if (request === undefined || this.#isLeaving) return
    const running = this.#run(request, messages, serving)
    this.#running.add(running)
    try {
      await running
    } finally {
      this.#running.delete(running)
    }
  }

  /** From now on there is a peer that can do something. */
  begin(serving: Serving): void {
    this.#open(serving)
  }

  /**
   * Takes no more, and resolves when all that is under way has ended, or when that is not waited for any longer.
   *
   * @param output - is told why it takes so long
   */
  async end(output: Pick<Output, 'note'>, enough: Promise<unknown>): Promise<void> {
    this.#isLeaving = true
    const timer = setTimeout(() => output.note(STILL_ASKED), NOTICEABLE_MS)
    try {
      await Promise.race([Promise.allSettled(this.#running), enough])
    } finally {
      clearTimeout(timer)
    }
  }

  async #run(request: Request, messages: Messages, { peer, shareDir, shared }: Serving): Promise<void> {
    const word = findShellWord(request.word)
    if (word === undefined) return messages.close()
    messages.send({ hasBegun: true })
    const giveUp = new AbortController()
    messages.onGone(() => giveUp.abort())
    const output = new RelayOutput(messages)
    const warn = ({ message }: { readonly message: string }): void =>
      output.note(printable(message), { event: 'warning', message: printable(message) })
    peer.on('warning', warn)
    try {
      const context: WordContext = {
        peer,
        output,
        shareDir,
        cwd: request.cwd,
        signal: giveUp.signal,
        shared,
        isShell: false,
        found: [],
        // The peer does so anyway.
        stay: async () => {},
        noteAlone: (text) => output.note(text),
      }
      messages.send({ exitCode: (await word.run(context, request.said)) ?? 0 })
    } catch (error) {
      messages.send({ failure: toFailure(error, request.debug) })
    } finally {
      peer.off('warning', warn)
      messages.end()
    }
  }
}
