import type { LogoutRequest } from '../../wire/messages.js'
import type { Handler } from './context.js'

/** Ends the session at once, so that nobody is sent to a peer that is gone. */
export const logout: Handler<LogoutRequest> = ({ sessions, clock, emit }, session) => {
  sessions.end(session)
  const { username, address } = session
  emit('logout', { username, address, at: new Date(clock.now()), reason: 'logged-out' })
  return { type: 'logout' }
}
