import { BitTrickleError } from '../errors.js'
import { FrameKind, MAX_PAYLOAD_BYTES, RefusalReason } from './protocol.js'
import { EXECUTE, IN_PROGRESS } from './reply-cache.js'
import type { ServerChannel } from './server-channel.js'
import type { ChannelServerOptions } from './server-options.js'

/** Carries each request out once and answers it as often as it is asked. */
export class RequestExecutor<Data> {
  readonly #onRequest: ChannelServerOptions<Data>['onRequest']
  readonly #onError: (error: unknown) => void

  constructor(onRequest: ChannelServerOptions<Data>['onRequest'], onError: (error: unknown) => void) {
    this.#onRequest = onRequest
    this.#onError = onError
  }

  /** A request came whose initiator waits for nothing older than `id - span`. */
  execute(channel: ServerChannel<Data>, id: number, span: number, payload: Buffer): void {
    const admission = channel.replies.admit(id, span)
    if (admission !== EXECUTE) {
      // A sign of life, or an initiator whose request takes long would think that nobody is there.
      if (admission === IN_PROGRESS) channel.send(FrameKind.Working, 0, id)
      else answer(channel, id, admission)
      return
    }
    let reply: Uint8Array | Promise<Uint8Array>
    try {
      reply = this.#onRequest(channel, payload)
    } catch (error) {
      this.#fail(channel, id, error)
      return
    }
    // No promise where none is needed: most requests are answered from memory.
    if (reply instanceof Uint8Array) this.#settle(channel, id, reply)
    else {
      reply.then(
        (bytes) => this.#settle(channel, id, bytes),
        (error: unknown) => this.#fail(channel, id, error),
      )
    }
  }

  #settle(channel: ServerChannel<Data>, id: number, reply: Uint8Array): void {
    if (reply.length > MAX_PAYLOAD_BYTES) {
      const message = `A reply of ${reply.length} bytes fits no datagram; page it.`
      this.#fail(channel, id, new BitTrickleError('MESSAGE_TOO_LARGE', message))
    } else if (channel.replies.settle(id, reply)) answer(channel, id, reply)
  }

  #fail(channel: ServerChannel<Data>, id: number, error: unknown): void {
    if (channel.replies.settle(id, RefusalReason.Failed)) answer(channel, id, RefusalReason.Failed)
    this.#onError(error)
  }
}

function answer<Data>(channel: ServerChannel<Data>, id: number, reply: Uint8Array | RefusalReason): void {
  if (typeof reply === 'number') channel.send(FrameKind.Refusal, reply, id)
  else channel.send(FrameKind.Reply, 0, id, reply)
}
