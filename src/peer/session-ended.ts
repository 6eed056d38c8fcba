import { BitTrickleError } from '../errors.js'
import { quote } from '../wire/names.js'

/** The error for a session that the index has ended: there is no use in logging in again by oneself. */
export function sessionEnded(reason: string): BitTrickleError {
  switch (reason) {
    case 'account':
      return new BitTrickleError(
        'AUTHENTICATION_FAILED',
        'The index has ended the session: the account was removed, or has another password.',
      )
    case 'disconnected':
      return new BitTrickleError('FORBIDDEN', 'The operator of the index has ended the session.')
    case 'replaced':
      return new BitTrickleError(
        'SESSION_REPLACED',
        'Another program on this device has logged in as this user. Give each its own state folder and user.',
      )
    default:
      return new BitTrickleError('FORBIDDEN', `The index has ended the session (${quote(reason)}).`)
  }
}
