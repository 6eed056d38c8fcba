import { type Address, formatAddress } from './datagram-socket.js'
import { sodium } from './packages.js'
import { RESET_TOKEN_BYTES } from './protocol.js'

/**
 * Tokens by which a responder that has lost a channel can say so without keys (as QUIC does, RFC 9000, 10.3).
 * They follow from the long-lived key, so that an index which restarted still knows them. A token is given to the
 * initiator inside the channel, and in the clear only when no channel has that index, and to that address alone: nobody
 * collects tokens beforehand for channels that others will have. A peer that has moved since its last handshake finds
 * out by the silence instead.
 */
export class ResetTokens {
  readonly #key: Buffer

  constructor(secretKey: Buffer) {
    this.#key = Buffer.alloc(32)
    sodium().crypto_generichash(this.#key, Buffer.from('BitTrickle reset'), secretKey)
  }

  /** The token for the responder's index, as the initiator at this address gets it. */
  make(index: number, initiator: Address): Buffer {
    const number = Buffer.allocUnsafe(4)
    number.writeUInt32BE(index)
    const input = Buffer.concat([number, Buffer.from(formatAddress(initiator))])
    const token = Buffer.allocUnsafe(RESET_TOKEN_BYTES)
    sodium().crypto_generichash(token, input, this.#key)
    return token
  }
}
