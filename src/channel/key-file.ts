import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { BitTrickleError, systemErrorCode } from '../errors.js'
import { generateKeyPair, type KeyPair, keyPairFromSecret } from './noise.js'
import { KEY_BYTES } from './protocol.js'
import { systemRandom } from './random.js'

/** Writes a public key as it stands in a URI and in known_servers: Base64url without padding. */
export const formatKey = (publicKey: Uint8Array): string => Buffer.from(publicKey).toString('base64url')

/** Reads a key that {@link formatKey} wrote; undefined for anything else. */
export function parseKey(text: string): Buffer | undefined {
  if (!/^[A-Za-z0-9_-]{43}$/.test(text)) return undefined
  const key = Buffer.from(text, 'base64url')
  return key.length === KEY_BYTES ? key : undefined
}

/**
 * Reads the secret key from a file; undefined where there is none yet.
 *
 * @throws {@link BitTrickleError} `DISK_ERROR` when the file cannot be read, or holds no key
 */
export async function readKeyPair(path: string): Promise<KeyPair | undefined> {
  try {
    return keyPairFromSecret(await readSecret(path))
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined
    throw toDiskError(path, error)
  }
}

/**
 * Reads the secret key from a file, and makes both on the first start. The file is its owner's alone (mode 0600).
 *
 * @throws {@link BitTrickleError} `DISK_ERROR` when the file cannot be read or written, or holds no key
 */
export async function loadKeyPair(path: string): Promise<KeyPair> {
  const kept = await readKeyPair(path)
  if (kept !== undefined) return kept
  try {
    return await createKeyFile(path)
  } catch (error) {
    throw toDiskError(path, error)
  }
}

async function createKeyFile(path: string): Promise<KeyPair> {
  const made = generateKeyPair(systemRandom)
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const draft = `${path}.${formatKey(made.publicKey).slice(0, 8)}`
  await writeFile(draft, `${formatKey(made.secretKey)}\n`, { mode: 0o600, flag: 'wx', flush: true })
  try {
    // Whole or not at all, and never over the key of another process that starts at the same moment.
    await link(draft, path)
    return made
  } catch (error) {
    if (systemErrorCode(error) !== 'EEXIST') throw error
    return keyPairFromSecret(await readSecret(path))
  } finally {
    await rm(draft, { force: true })
  }
}

async function readSecret(path: string): Promise<Buffer> {
  const secretKey = parseKey((await readFile(path, 'utf8')).trim())
  if (secretKey !== undefined) return secretKey
  throw new BitTrickleError(
    'DISK_ERROR',
    `The file ${path} holds no key. Put back the right one; to remove it makes a new identity, which others will refuse.`,
  )
}

function toDiskError(path: string, cause: unknown): BitTrickleError {
  if (cause instanceof BitTrickleError) return cause
  return new BitTrickleError('DISK_ERROR', `Cannot keep the key in ${path} (${systemErrorCode(cause)}).`, {
    cause,
  })
}
