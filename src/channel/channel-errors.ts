import { BitTrickleError } from '../errors.js'
import { PROTOCOL_VERSION } from './protocol.js'

export function unreachable(): BitTrickleError {
  return new BitTrickleError(
    'INDEX_UNREACHABLE',
    'The index does not answer. Check its address, and that UDP can reach it.',
    { retryable: true },
  )
}

export function channelLost(): BitTrickleError {
  return new BitTrickleError(
    'INDEX_UNREACHABLE',
    'The index lost the channel; whether the request took effect is unknown. Log in again and look.',
    { retryable: true },
  )
}

export function channelClosed(): BitTrickleError {
  return new BitTrickleError('CLOSED', 'The channel to the index is closed; open a new one.')
}

export function serverKeyChanged(): BitTrickleError {
  return new BitTrickleError(
    'SERVER_KEY_CHANGED',
    'THE KEY OF THE INDEX IS NOT THE ONE THAT IS KNOWN. Somebody may be standing between you and the index; ' +
      'ask its operator for the key before you go on.',
  )
}

export function unsupportedVersion(lowest: number, highest: number): BitTrickleError {
  const range = lowest === highest ? `version ${lowest}` : `versions ${lowest} to ${highest}`
  return new BitTrickleError(
    'UNSUPPORTED_VERSION',
    `The index speaks ${range} of the protocol, this peer ${PROTOCOL_VERSION}; update the older of the two.`,
  )
}

export function handshakeRefused(full: boolean, retryAfter: number): BitTrickleError {
  return full
    ? new BitTrickleError('INDEX_FULL', 'The index has no room for another peer; try again later.', {
        retryable: true,
        retryAfter,
      })
    : new BitTrickleError('RATE_LIMITED', 'Too many connections from this address; try again later.', {
        retryable: true,
        retryAfter,
      })
}
