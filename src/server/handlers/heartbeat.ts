import type { HeartbeatRequest } from '../../wire/messages.js'
import type { Handler } from './context.js'

/** Every request of a session counts as a sign of life; this one is nothing else. */
export const heartbeat: Handler<HeartbeatRequest> = () => ({ type: 'heartbeat' })
