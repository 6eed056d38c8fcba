import { MAX_PAYLOAD_BYTES } from '../../channel/protocol.js'
import { BitTrickleError } from '../../errors.js'
import { type Audience, toList } from '../../wire/audience.js'
import { MAX_PUBLISHED_NAMES } from '../../wire/limits.js'
import type { PublishAllRequest, PublishRequest } from '../../wire/messages.js'
import type { Connection } from '../connection.js'
import type { RequestPace } from '../request-pace.js'

/** A name, and what is behind it. */
export type Announcement = Pick<PublishRequest, 'name' | 'root' | 'size'>

/** How to announce one of many. */
export interface AnnounceOptions {
  readonly audience: Audience
  /** Gives it up. */
  readonly signal?: AbortSignal | undefined
}

/** What an {@link Announcer} needs. */
export interface AnnouncerOptions {
  readonly connection: Pick<Connection, 'request'>
  readonly pace: RequestPace
}

interface Waiting {
  readonly item: Announcement
  readonly audience: Audience
  readonly signal: AbortSignal | undefined
  readonly bytes: number
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/**
 * Tells the index of many names, as many as fit with each request, since a datagram costs both ends more than a name.
 * What comes while others are on their way waits until a datagram is full or an answer is there (as Nagle's algorithm
 * has it, RFC 896): a name that comes alone goes out at once.
 */
export class Announcer {
  readonly #options: AnnouncerOptions
  #waiting: Waiting[] = []
  #onTheWay = 0
  #isScheduled = false
  // An index of an earlier release knows no such request.
  #isKnown = true

  constructor(options: AnnouncerOptions) {
    this.#options = options
  }

  /**
   * Offers a name, at the pace that the index allows.
   * @throws as `Connection.request` for `publish`, and as `RequestPace.ask`
   */
  announce(item: Announcement, { audience, signal }: AnnounceOptions): Promise<void> {
    return new Promise((resolve, reject) => {
      const bytes = Buffer.byteLength(JSON.stringify(item)) + 1
      this.#waiting.push({ item, audience, signal, bytes, resolve, reject })
      this.#schedule()
    })
  }

  // All that comes in one turn of the event loop is looked at together.
  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(() => {
      this.#isScheduled = false
      this.#sendAll()
    })
  }

  #sendAll(): void {
    while (this.#waiting.length > 0) {
      const group = this.#firstThatFit()
      const isFull = group.length < this.#waiting.length || group.length === MAX_PUBLISHED_NAMES
      if (!isFull && this.#onTheWay > 0) return
      this.#waiting = this.#waiting.slice(group.length)
      this.#onTheWay++
      void this.#send(group).finally(() => {
        this.#onTheWay--
        this.#sendAll()
      })
    }
  }

  // They share an audience, and whoever may give them up.
  #firstThatFit(): Waiting[] {
    const [first] = this.#waiting as [Waiting, ...Waiting[]]
    let room = MAX_PAYLOAD_BYTES - Buffer.byteLength(JSON.stringify(requestOf([], first.audience)))
    const group: Waiting[] = []
    for (const one of this.#waiting) {
      const isOther = one.audience !== first.audience || one.signal !== first.signal
      room -= one.bytes
      // The first goes out alone when it fits nowhere: asking says what is wrong with it.
      if (group.length > 0 && (isOther || room < 0)) break
      if (group.push(one) === MAX_PUBLISHED_NAMES) break
    }
    return group
  }

  async #send(group: readonly Waiting[]): Promise<void> {
    const created = group.length > 1 && this.#isKnown ? await this.#sendTogether(group) : []
    if (created === undefined) return
    await Promise.all(
      group.map(async (one, place) => {
        // What was refused among others is asked for alone, which says why.
        if (typeof created[place] !== 'boolean') await this.#sendAlone(one)
        else one.resolve()
      }),
    )
  }

  /** @returns what was created; undefined when they have all failed */
  async #sendTogether(group: readonly Waiting[]): Promise<readonly (boolean | null)[] | undefined> {
    const [{ audience, signal }] = group as [Waiting, ...Waiting[]]
    const request = requestOf(
      group.map(({ item }) => item),
      audience,
    )
    try {
      return (await this.#ask(request, signal)).reply.created
    } catch (error) {
      if (error instanceof BitTrickleError && error.code === 'NOT_SUPPORTED') {
        this.#isKnown = false
        return []
      }
      for (const { reject } of group) reject(error)
      return undefined
    }
  }

  async #sendAlone({ item, audience, signal, resolve, reject }: Waiting): Promise<void> {
    try {
      await this.#ask({ type: 'publish', ...item, ...toOf(audience) }, signal)
      resolve()
    } catch (error) {
      reject(error)
    }
  }

  #ask<R extends PublishRequest | PublishAllRequest>(request: R, signal: AbortSignal | undefined) {
    const { connection, pace } = this.#options
    const given = signal === undefined ? {} : { signal }
    return pace.ask(() => connection.request(request, given), signal)
  }
}

const requestOf = (items: readonly Announcement[], audience: Audience): PublishAllRequest => ({
  type: 'publishAll',
  items,
  ...toOf(audience),
})

/** The audience as a request has it. */
export function toOf(audience: Audience): { to?: readonly string[] } {
  const to = toList(audience)
  return to === undefined ? {} : { to }
}
