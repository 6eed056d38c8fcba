import { BitTrickleError } from '../../errors.js'
import { type LoginRequest, MESSAGE_VERSIONS, type ReplyTo } from '../../wire/messages.js'
import { passwordProblem, usernameProblem } from '../../wire/names.js'
import type { Account } from '../accounts/accounts.js'
import type { LoginFailedEvent } from '../events.js'
import type { Session } from '../sessions.js'
import type { Caller, HandlerContext } from './context.js'

/** Opens a session. The one request that is made without having one. */
export async function login(
  context: HandlerContext,
  caller: Caller,
  request: LoginRequest,
): Promise<ReplyTo<LoginRequest>> {
  const { username } = request
  const { address } = caller
  const { heartbeat, tickets } = context
  try {
    const version = chooseVersion(request.versions)
    const account = await authenticate(context, caller, request)
    openSession(context, caller, request, account)
    const receipts = context.wantsReceipts() ? { receipts: true } : {}
    return { type: 'login', heartbeat, version, ticketKey: tickets.publicKey, ...receipts }
  } catch (error) {
    const reason = error instanceof Refusal ? error.reason : 'internal'
    context.emit('loginFailed', { username, address, at: new Date(context.clock.now()), reason })
    throw error instanceof Refusal ? error.cause : error
  }
}

/** Why a login is refused: the true reason for the owner of the index, and the error for the one who asks. */
class Refusal {
  constructor(
    readonly reason: LoginFailedEvent['reason'],
    readonly cause: BitTrickleError,
  ) {}
}

// One sentence for an unknown user and for a wrong password: a stranger does not learn which names exist.
const wrong = (): BitTrickleError =>
  new BitTrickleError('AUTHENTICATION_FAILED', 'Unknown user name or wrong password.')

function chooseVersion(spoken: readonly number[] = [1]): number {
  const version = MESSAGE_VERSIONS.find((known) => spoken.includes(known))
  if (version !== undefined) return version
  const message = `This index speaks version ${MESSAGE_VERSIONS.join(', ')} of the messages, the peer ${spoken.join(', ')}; update the older one.`
  throw new Refusal('version', new BitTrickleError('UNSUPPORTED_VERSION', message))
}

async function authenticate(
  context: HandlerContext,
  { address: { host }, address }: Caller,
  { username, password, tcpPort }: LoginRequest,
): Promise<Account> {
  const { throttle, emit } = context
  if (usernameProblem(username) !== undefined || passwordProblem(password) !== undefined) {
    throw new Refusal('invalid', wrong())
  }
  if (!Number.isInteger(tcpPort) || tcpPort < 1 || tcpPort > 65_535) {
    const message = `The TCP port must be 1 to 65535, not ${tcpPort}.`
    throw new Refusal('invalid', new BitTrickleError('INVALID_OPTION', message))
  }
  try {
    let account: Account | undefined
    const attempt = async (): Promise<boolean> => {
      account = await findAccount(context, username, password)
      return account !== undefined
    }
    if ((await throttle.attempt(username, host, attempt)) && account !== undefined) return account
  } catch (error) {
    if (!(error instanceof BitTrickleError) || error.code !== 'RATE_LIMITED') throw error
    emit('limited', { what: 'logins', address, username, retryAfter: error.retryAfter ?? 0 })
    throw new Refusal('rate-limited', error)
  }
  throw new Refusal('credentials', wrong())
}

async function findAccount(
  { accounts, emit }: HandlerContext,
  username: string,
  password: string,
): Promise<Account | undefined> {
  try {
    return await accounts.authenticate(username, password)
  } catch (cause) {
    if (cause instanceof BitTrickleError && cause.code === 'RATE_LIMITED') throw cause
    emit('warning', { message: 'authenticate() failed; the login is refused.', cause })
    return undefined
  }
}

// Who is active is told to the owner of the account alone, therefore only after the password was checked.
function openSession(context: HandlerContext, caller: Caller, request: LoginRequest, account: Account): void {
  const { username, tcpPort, fingerprint } = request
  const { sessions, clock, emit } = context
  const { address, deviceKey } = caller
  // The check took time: look again at who is active.
  sessions.expire()
  const at = new Date(clock.now())
  const active = sessions.find(username)
  const own = caller.findSession()
  if (active !== undefined) {
    const isOwn = own === active
    // The answer to the first one was lost, or the peer cannot tell whether its session outlived a silence.
    if (isOwn && active.tcpPort === tcpPort && active.fingerprint === fingerprint) {
      sessions.touch(active)
      return
    }
    if (!isOwn && !isSameDevice(active, caller)) {
      throw new Refusal('already-active', alreadyActive(context, username))
    }
    // The device knows that its earlier session is dead: nobody has to wait until that has gone silent.
    sessions.end(active)
    // If it is not, two programs share one device key: the earlier one is told, lest each throw out the other for ever.
    if (!isOwn) active.notify?.({ type: 'ended', reason: 'replaced' })
    emit('logout', { username, address: active.address, at, reason: 'replaced' })
  }
  const session: Session = {
    username,
    tcpPort,
    loggedInAt: at,
    ...(fingerprint === undefined ? {} : { fingerprint }),
    ...(deviceKey === undefined ? {} : { deviceKey }),
    ...(caller.notify === undefined ? {} : { notify: (notice) => caller.notify?.(notice) }),
    // A sealed channel moves with its peer; the address is that of the channel at the time of asking.
    get address() {
      return caller.address
    },
    get groups() {
      return account.groups
    },
  }
  start(context, session)
  // One channel, one session: whoever was logged in through it before is not any more.
  if (own !== undefined && own !== active) {
    sessions.end(own)
    emit('logout', { username: own.username, address, at, reason: 'replaced' })
  }
  caller.bind(session)
  context.revocations.tell(session)
  emit('login', { username, address, at })
}

function start({ sessions }: HandlerContext, session: Session): void {
  try {
    sessions.start(session)
  } catch (error) {
    throw error instanceof BitTrickleError ? new Refusal('full', error) : error
  }
}

function isSameDevice(active: Session, { deviceKey }: Caller): boolean {
  return deviceKey !== undefined && active.deviceKey === deviceKey
}

function alreadyActive({ heartbeat }: HandlerContext, username: string): BitTrickleError {
  return new BitTrickleError(
    'ALREADY_ACTIVE',
    `User ${username} is already active; log out there, or wait until it was silent for ${heartbeat.timeout / 1000} s.`,
    { retryable: true, retryAfter: heartbeat.timeout },
  )
}
