import type { HandlerContext } from '../../../src/server/handlers/context.js'
import { locate } from '../../../src/server/handlers/locate.js'
import { locateAll } from '../../../src/server/handlers/locate-all.js'
import { search } from '../../../src/server/handlers/search.js'
import type { Session } from '../../../src/server/sessions.js'
import type { LocateAllRequest, LocateRequest, ReplyTo, SearchRequest } from '../../../src/wire/messages.js'
import { ManualClock } from '../../helpers/manual-clock.js'
import { makeContext } from '../index-harness.js'

/** A key of 32 equal bytes: a root, or a fingerprint. */
export const key = (byte: number): string => Buffer.alloc(32, byte).toString('base64url')

/** A catalogue and sessions, asked without a way in. */
export class Locating {
  readonly clock = new ManualClock()
  readonly context: HandlerContext = makeContext({ clock: this.clock }).context
  #hosts = 0

  /** Logs a user in: with a certificate, or as one who knows only the original protocol among peers. */
  join(username: string, kind: 'sealed' | 'classic' = 'sealed', groups: readonly string[] = []): Session {
    const number = ++this.#hosts
    const session: Session = {
      username,
      address: { host: `192.0.2.${number}`, port: 40_000 },
      tcpPort: 6000,
      groups: new Set(groups),
      loggedInAt: new Date(this.clock.now()),
      ...(kind === 'sealed' ? { fingerprint: key(100 + number) } : {}),
    }
    this.context.sessions.start(session)
    return session
  }

  /** Publishes in the name of a user, logged in or not. A content is its root and its size. */
  async publish(
    username: string,
    name: string,
    content?: readonly [root: string, size: number],
  ): Promise<void> {
    const [root, size] = content ?? []
    const described = root === undefined || size === undefined ? {} : { root, size }
    const publishedAt = new Date(this.clock.now())
    await this.context.catalogue.publish({ username, name, ...described, publishedAt })
  }

  locate(session: Session, wanted: Omit<LocateRequest, 'type'>): ReplyTo<LocateRequest> {
    return locate(this.context, session, { type: 'locate', ...wanted }) as ReplyTo<LocateRequest>
  }

  locateAll(session: Session, wanted: Omit<LocateAllRequest, 'type'>): ReplyTo<LocateAllRequest> {
    return locateAll(this.context, session, { type: 'locateAll', ...wanted }) as ReplyTo<LocateAllRequest>
  }

  /** The users that a locate names, sorted. */
  whoHas(session: Session, wanted: Omit<LocateRequest, 'type'>): (string | undefined)[] {
    return this.locate(session, wanted)
      .sources.map(({ username }) => username)
      .sort()
  }

  search(
    session: Session,
    query: string,
    more: Partial<SearchRequest> = {},
  ): ReplyTo<SearchRequest>['items'] {
    return (search(this.context, session, { type: 'search', query, ...more }) as ReplyTo<SearchRequest>).items
  }
}
