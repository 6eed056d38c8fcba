import { formatAddress } from '../../channel/datagram-socket.js'
import { BitTrickleError, type ErrorCode } from '../../errors.js'
import { silentLogger } from '../../logger.js'
import type { FailureReply, Reply, Request } from '../../wire/messages.js'
import type { Caller, Handler, HandlerContext } from './context.js'
import { heartbeat } from './heartbeat.js'
import { locate } from './locate.js'
import { locateAll } from './locate-all.js'
import { login } from './login.js'
import { logout } from './logout.js'
import { peers } from './peers.js'
import { publish } from './publish.js'
import { publishAll } from './publish-all.js'
import { published } from './published.js'
import { receipt } from './receipt.js'
import { search } from './search.js'
import { unpublish } from './unpublish.js'

type Handlers = { readonly [R in Exclude<Request, { type: 'login' }> as R['type']]: Handler<R> }

const HANDLERS: Handlers = {
  logout,
  heartbeat,
  peers,
  publish,
  publishAll,
  unpublish,
  published,
  search,
  locate,
  locateAll,
  receipt,
}

/**
 * Grants a request or says why not; never throws or rejects. Every way in comes through here, so that what one may do
 * does not depend on how it was asked. What is answered from memory is answered at once: a promise would cost as much
 * as the rest.
 */
export function handleRequest(
  context: HandlerContext,
  caller: Caller,
  request: Request,
): Reply | Promise<Reply> {
  const finish = (reply: Reply): Reply => {
    context.tally.answered(request.type, outcomeOf(reply))
    log(context, caller, request, reply)
    return reply
  }
  const fail = (error: unknown): Reply => {
    const reply = toFailure(context, error)
    // Of a login, the handler has told more.
    if (request.type !== 'login') tellRefused(context, caller, reply.code, request)
    return finish(reply)
  }
  context.sessions.expire()
  try {
    const reply = answer(context, caller, request)
    if (!(reply instanceof Promise)) return finish(reply)
    const end = context.pending.begin()
    return reply.then(finish, fail).finally(end)
  } catch (error) {
    return fail(error)
  }
}

function answer(context: HandlerContext, caller: Caller, request: Request): Reply | Promise<Reply> {
  if (request.type === 'login') return login(context, caller, request)
  const session = caller.findSession()
  if (session === undefined) {
    throw new BitTrickleError('NOT_LOGGED_IN', 'Not logged in from this address; log in first.')
  }
  context.sessions.touch(session)
  // The table pairs each type with its own handler, which the index access cannot express.
  const handler = HANDLERS[request.type] as Handler<Request>
  return handler(context, session, request)
}

/** Tells the owner of the index of a request that is refused. @param request - absent where it is not known */
export function tellRefused(
  { emit, clock }: HandlerContext,
  caller: Caller,
  code: ErrorCode,
  request?: Request,
): void {
  const about = request && subject(request)
  // Of who has no session, the name that is said proves nothing.
  const username = caller.findSession()?.username
  emit('refused', {
    ...(username === undefined ? {} : { username }),
    address: caller.address,
    ...(request === undefined ? {} : { request: request.type }),
    ...(about === undefined ? {} : { about }),
    code,
    at: new Date(clock.now()),
  })
}

function toFailure({ emit, logger }: HandlerContext, error: unknown): FailureReply {
  if (error instanceof BitTrickleError) {
    const { code, message, retryAfter } = error
    return { type: 'failure', code, message, ...(retryAfter === undefined ? {} : { retryAfter }) }
  }
  // What went wrong inside is for the operator, not for a peer.
  logger.error('request failed', { cause: String(error) })
  emit('warning', { message: 'A request failed inside the index.', cause: error })
  return { type: 'failure', code: 'INTERNAL', message: 'The index failed to handle the request.' }
}

function log({ logger }: HandlerContext, caller: Caller, request: Request, reply: Reply): void {
  // Formatting what nobody reads would cost as much as answering a heartbeat.
  if (logger === silentLogger) return
  const level = request.type === 'heartbeat' ? 'debug' : 'info'
  logger[level](request.type, {
    address: formatAddress(caller.address),
    user: caller.username,
    about: subject(request),
    outcome: outcomeOf(reply),
  })
}

const outcomeOf = (reply: Reply): 'ok' | ErrorCode => (reply.type === 'failure' ? reply.code : 'ok')

function subject(request: Request): string | undefined {
  if ('name' in request) return request.name
  if (request.type === 'locateAll') return request.names.join(' ')
  if (request.type === 'publishAll') return request.items.map(({ name }) => name).join(' ')
  return request.type === 'search' ? request.query || request.prefix : undefined
}
