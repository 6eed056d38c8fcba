import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto'
import pLimit from 'p-limit'
import { BitTrickleError } from '../../errors.js'

/** The cost of a scrypt hash (RFC 7914, section 2): 128 · 2^ln · r bytes of memory, p times. */
export interface ScryptCost {
  /** Logarithm of N, the number of memory blocks. */
  readonly ln: number
  /** Block size. */
  readonly r: number
  /** Parallelization. */
  readonly p: number
}

/** A password's scrypt hash. */
export interface PasswordHash extends ScryptCost {
  readonly salt: Buffer
  readonly hash: Buffer
}

/** What new hashes cost: 32 MiB and some 60 ms, so that a guess is dear and a login is not felt. */
export const DEFAULT_COST: ScryptCost = { ln: 15, r: 8, p: 1 }

const SALT_BYTES = 16
const HASH_BYTES = 32

// A credentials file is the operator's, but a slip in it must not take the machine's memory: 256 MiB a check.
const MAX_MEMORY_BYTES = 256 * 1024 * 1024
const MAX_PARALLEL = 16

// Node hashes on its thread pool, four threads wide: two are left for the disk and for name look-ups.
const hashing = pLimit(2)

/** Most checks that wait or run at a time; a login on top of that is refused, to be tried again. */
export const MAX_WAITING_CHECKS = 256

/** Hashes a password under a fresh salt. */
export async function hashPassword(password: string, cost: ScryptCost = DEFAULT_COST): Promise<PasswordHash> {
  const salt = randomBytes(SALT_BYTES)
  return { ...cost, salt, hash: await derive(password, { ...cost, salt }, HASH_BYTES) }
}

/** Whether this is the password of that hash. Takes the same time whatever the answer. */
export async function verifyPassword(password: string, expected: PasswordHash): Promise<boolean> {
  return timingSafeEqual(await derive(password, expected, expected.hash.length), expected.hash)
}

/** A hash that no password has, at the given cost: unknown users are checked against it. */
export function impossibleHash(cost: ScryptCost = DEFAULT_COST): PasswordHash {
  return { ...cost, salt: randomBytes(SALT_BYTES), hash: randomBytes(HASH_BYTES) }
}

function derive(
  password: string,
  { ln, r, p, salt }: ScryptCost & { salt: Buffer },
  bytes: number,
): Promise<Buffer> {
  if (hashing.activeCount + hashing.pendingCount >= MAX_WAITING_CHECKS) {
    throw new BitTrickleError('RATE_LIMITED', 'Too many logins are being checked; try again shortly.', {
      retryable: true,
      retryAfter: 1000,
    })
  }
  // Node asks for the limit; twice the exact need leaves room for its own bookkeeping.
  const options: ScryptOptions = { N: 2 ** ln, r, p, maxmem: 2 * memoryBytes({ ln, r, p }) }
  return hashing(
    () =>
      new Promise<Buffer>((resolve, reject) => {
        scrypt(password.normalize('NFC'), salt, bytes, options, (error, key) =>
          error ? reject(error) : resolve(key),
        )
      }),
  )
}

const memoryBytes = ({ ln, r, p }: ScryptCost): number => 128 * r * (2 ** ln + p)

/**
 * Writes a hash in the PHC string format: `$scrypt$ln=15,r=8,p=1$SALT$HASH`, salt and hash in Base64 without padding
 * (https://github.com/P-H-C/phc-string-format).
 */
export function formatHash({ ln, r, p, salt, hash }: PasswordHash): string {
  return `$scrypt$ln=${ln},r=${r},p=${p}$${base64(salt)}$${base64(hash)}`
}

const base64 = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '')

const PHC = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,3}),p=(\d{1,3})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/

/** Whether a password of a credentials file means a hash rather than itself. */
export const isHashText = (text: string): boolean => text.startsWith('$scrypt$')

/** Reads the PHC form; undefined when it is malformed or would take more than 256 MiB to check. */
export function parseHash(text: string): PasswordHash | undefined {
  const match = PHC.exec(text)
  if (match === null) return undefined
  const [, ln, r, p, salt = '', hash = ''] = match
  const cost = { ln: Number(ln), r: Number(r), p: Number(p) }
  const isPossible = cost.ln >= 1 && cost.ln < 32 && cost.r >= 1 && cost.p >= 1 && cost.p <= MAX_PARALLEL
  if (!isPossible || memoryBytes(cost) > MAX_MEMORY_BYTES) return undefined
  return { ...cost, salt: Buffer.from(salt, 'base64'), hash: Buffer.from(hash, 'base64') }
}
