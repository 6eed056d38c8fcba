import { BitTrickleError } from '../../errors.js'
import type { LoginRequest, ReplyTo } from '../../wire/messages.js'
import { passwordProblem, usernameProblem } from '../../wire/names.js'
import type { LoginFailedEvent } from '../events.js'
import type { Session } from '../sessions.js'
import type { Caller, HandlerContext } from './context.js'

/** Opens a session. The one request that is made without having one. */
export async function login(
  context: HandlerContext,
  { address }: Caller,
  request: LoginRequest,
): Promise<ReplyTo<LoginRequest>> {
  const { sessions, clock, emit } = context
  const { username, password, tcpPort } = request

  const refuse = (reason: LoginFailedEvent['reason'], error: BitTrickleError): BitTrickleError => {
    emit('loginFailed', { username, address, at: new Date(clock.now()), reason })
    return error
  }

  if (usernameProblem(username) !== undefined || passwordProblem(password) !== undefined) {
    throw refuse('invalid', new BitTrickleError('AUTHENTICATION_FAILED', WRONG))
  }
  if (!Number.isInteger(tcpPort) || tcpPort < 1 || tcpPort > 65_535) {
    throw refuse(
      'invalid',
      new BitTrickleError('INVALID_OPTION', `The TCP port must be 1 to 65535, not ${tcpPort}.`),
    )
  }
  if (!(await isAccount(context, username, password))) {
    throw refuse('credentials', new BitTrickleError('AUTHENTICATION_FAILED', WRONG))
  }

  // Who is active is told to the owner of the account alone, therefore only now. The check took time: look again.
  sessions.expire()
  const active = sessions.find(username)
  const session: Session = { username, address, tcpPort, loggedInAt: new Date(clock.now()) }
  if (active !== undefined) {
    if (!isRepeat(active, session)) throw refuse('already-active', alreadyActive(context, username))
    sessions.touch(active)
  } else {
    try {
      sessions.start(session)
    } catch (error) {
      throw error instanceof BitTrickleError ? refuse('full', error) : error
    }
    emit('login', { username, address, at: session.loggedInAt })
  }
  return { type: 'login', heartbeat: context.heartbeat }
}

// One sentence for both: a stranger does not learn which names exist.
const WRONG = 'Unknown user name or wrong password.'

async function isAccount(context: HandlerContext, username: string, password: string): Promise<boolean> {
  try {
    return await context.authenticate(username, password)
  } catch (cause) {
    context.emit('warning', { message: 'authenticate() failed; the login is refused.', cause })
    return false
  }
}

// The answer to the first one was lost, and the peer asks again from the same sockets.
function isRepeat(active: Session, again: Session): boolean {
  return (
    active.address.host === again.address.host &&
    active.address.port === again.address.port &&
    active.tcpPort === again.tcpPort
  )
}

function alreadyActive({ heartbeat }: HandlerContext, username: string): BitTrickleError {
  return new BitTrickleError(
    'ALREADY_ACTIVE',
    `User ${username} is already active; log out there, or wait until it was silent for ${heartbeat.timeout / 1000} s.`,
    { retryable: true, retryAfter: heartbeat.timeout },
  )
}
