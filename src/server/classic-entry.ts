import type { Address } from '../channel/datagram-socket.js'
import { isLoopback } from '../channel/datagram-socket.js'
import { encodeReply } from '../classic/reply-codec.js'
import { type ClassicRequest, decodeRequest } from '../classic/request-codec.js'
import type { Caller, HandlerContext } from './handlers/context.js'
import { handleRequest } from './handlers/index.js'
import type { Session } from './sessions.js'

/** What {@link ClassicEntry} needs besides the handlers' context. */
export interface ClassicEntryOptions {
  readonly context: HandlerContext
  /** Whether plain text is taken from other machines too. */
  readonly allowRemote: boolean
  readonly send: (datagram: Uint8Array, to: Address) => void
}

/** The way in for classic datagrams: from text to a typed request, and from a reply to text. */
export class ClassicEntry {
  readonly #options: ClassicEntryOptions
  #pending = 0

  constructor(options: ClassicEntryOptions) {
    this.#options = options
  }

  /** Takes a datagram. Never throws: what cannot be understood is passed over, as the original does. */
  handle(datagram: Buffer, from: Address): void {
    const { context, allowRemote } = this.#options
    if (!allowRemote && !isLoopback(from.host)) {
      context.emit('warning', {
        message: 'A plain-text datagram from another machine was ignored.',
        address: from,
      })
      return
    }
    const decoded = decodeRequest(datagram)
    if (decoded === undefined) {
      context.emit('warning', {
        message: 'A datagram that is no classic request was ignored.',
        address: from,
      })
      return
    }
    // As if the network had lost it: the peer asks again.
    if (this.#pending >= context.limits.pendingRequests) return
    this.#pending += 1
    void this.#answer(decoded, from).finally(() => {
      this.#pending -= 1
    })
  }

  async #answer({ username, request }: ClassicRequest, from: Address): Promise<void> {
    const { context, send } = this.#options
    const reply = await handleRequest(context, new ClassicCaller(context, from, username), request)
    const datagram = encodeReply(request, reply)
    if (datagram !== undefined) send(datagram, from)
  }
}

/** A classic request names its user; only the address that logged in as that user is believed. */
class ClassicCaller implements Caller {
  readonly #context: HandlerContext
  readonly address: Address
  readonly username: string
  readonly deviceKey = undefined

  constructor(context: HandlerContext, address: Address, username: string) {
    this.#context = context
    this.address = address
    this.username = username
  }

  // The session is found by its user and address: there is nothing to tie it to.
  bind(): void {}

  findSession(): Session | undefined {
    const session = this.#context.sessions.find(this.username)
    // An address proves little, and nothing at all about a session that a device key opened.
    if (session === undefined || session.deviceKey !== undefined) return undefined
    const { host, port } = session.address
    return host === this.address.host && port === this.address.port ? session : undefined
  }
}
