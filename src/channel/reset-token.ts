import sodium from 'sodium-native'
import { RESET_TOKEN_BYTES } from './protocol.js'

/**
 * Tokens by which a responder that has lost a channel can say so without keys (as QUIC does, RFC 9000, 10.3).
 * They follow from the long-lived key, so that an index which restarted still knows them. A token is given to the
 * initiator inside the channel, and to anyone else only when no channel has that index.
 */
export class ResetTokens {
  readonly #key: Buffer

  constructor(secretKey: Buffer) {
    this.#key = Buffer.alloc(32)
    sodium.crypto_generichash(this.#key, Buffer.from('BitTrickle reset'), secretKey)
  }

  /** The token for the responder's index. */
  make(index: number): Buffer {
    const input = Buffer.allocUnsafe(4)
    input.writeUInt32BE(index)
    const token = Buffer.allocUnsafe(RESET_TOKEN_BYTES)
    sodium.crypto_generichash(token, input, this.#key)
    return token
  }
}
