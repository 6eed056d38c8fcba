import { BitTrickleError } from '../errors.js'
import { ticketOf } from '../transfer/ticket.js'
import { MAX_LOCATED_NAMES } from '../wire/limits.js'
import type { LocateAllRequest, Replies } from '../wire/messages.js'
import type { Connection } from './connection.js'
import type { SealedLocation } from './download/sealed-download.js'
import type { RequestPace } from './request-pace.js'

/** What a {@link Locator} needs. */
export interface LocatorOptions {
  readonly connection: Pick<Connection, 'request'>
  readonly pace: RequestPace
  readonly username: string
  /** Of the certificate that the tickets are bound to. */
  readonly fingerprint: () => Promise<string | undefined>
}

interface Question {
  readonly name: string
  readonly from: string | undefined
  readonly signal: AbortSignal
  readonly resolve: (location: SealedLocation | undefined) => void
  readonly reject: (error: unknown) => void
}

// Names of one request, which has room for twice as many bytes.
const MAX_NAMES_BYTES = 512

/**
 * Asks for many names at once: what is asked in one turn of the event loop goes out in few requests. A datagram costs
 * both ends more than the answer, and each a place in what the index grants.
 */
export class Locator {
  readonly #options: LocatorOptions
  #waiting: Question[] = []
  // An index of an earlier release knows no such request.
  #isKnown = true

  constructor(options: LocatorOptions) {
    this.#options = options
  }

  /**
   * Where a name can be fetched, from one source among those there are.
   *
   * @returns undefined when that is not all there is to say: then `locate` says it
   * @throws as `Connection.request`, and as `RequestPace.ask`
   */
  locate(name: string, from: string | undefined, signal: AbortSignal): Promise<SealedLocation | undefined> {
    if (!this.#isKnown) return Promise.resolve(undefined)
    return new Promise((resolve, reject) => {
      if (this.#waiting.length === 0) setImmediate(() => this.#askAll())
      this.#waiting.push({ name, from, signal, resolve, reject })
    })
  }

  #askAll(): void {
    const waiting = this.#waiting
    this.#waiting = []
    let group: Question[] = []
    let bytes = 0
    for (const question of waiting) {
      const [first = question] = group
      const isOther = first.from !== question.from || first.signal !== question.signal
      bytes += Buffer.byteLength(question.name)
      if (isOther || group.length === MAX_LOCATED_NAMES || (group.length > 0 && bytes > MAX_NAMES_BYTES)) {
        void this.#ask(group)
        group = []
        bytes = Buffer.byteLength(question.name)
      }
      group.push(question)
    }
    void this.#ask(group)
  }

  async #ask(questions: readonly Question[]): Promise<void> {
    const [first] = questions
    if (first === undefined) return
    const { connection, pace, username, fingerprint } = this.#options
    const { from, signal } = first
    const names = questions.map(({ name }) => name)
    const request: LocateAllRequest = { type: 'locateAll', names, ...(from === undefined ? {} : { from }) }
    try {
      const { reply } = await pace.ask(() => connection.request(request, { signal }), signal)
      const own = { username, fingerprint: (await fingerprint()) ?? '' }
      questions.forEach(({ resolve }, place) => {
        resolve(locationOf(reply, place, own))
      })
    } catch (error) {
      const isUnknown = error instanceof BitTrickleError && error.code === 'NOT_SUPPORTED'
      if (isUnknown) this.#isKnown = false
      for (const { resolve, reject } of questions) {
        if (isUnknown) resolve(undefined)
        else reject(error)
      }
    }
  }
}

function locationOf(
  { sources, found }: Replies['locateAll'],
  place: number,
  own: { readonly username: string; readonly fingerprint: string },
): SealedLocation | undefined {
  const answer = found[place]
  const source = sources[answer?.source ?? -1]
  if (!answer || source === undefined) return undefined
  const { root, size } = answer
  return { sources: [source], root, size, ticket: ticketOf({ ...own, root, size }, answer) }
}
