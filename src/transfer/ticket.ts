import { createPrivateKey, createPublicKey, hkdfSync, type KeyObject, sign } from 'node:crypto'
import { errors, importJWK, jwtVerify } from 'jose'
import { BitTrickleError } from '../errors.js'

/** What a ticket permits: one user, at one certificate, to fetch one content. */
export interface TicketClaims {
  readonly username: string
  /** Of the certificate that the asker presents. */
  readonly fingerprint: string
  /** Base64url. */
  readonly root: string
  /** Bytes of the content: a root says nothing without it. */
  readonly size: number
}

/** A ticket that has proved valid. */
export interface ValidTicket extends TicketClaims {
  /** When it runs out, in milliseconds since 1970. */
  readonly expiresAt: number
}

/** No ticket is valid for longer, so that who loses the account loses the transfers within this time. */
export const TICKET_LIFETIME_MS = 60_000

/** The clocks of two machines may differ by so much: a ticket still counts so long after its end. */
export const TICKET_TOLERANCE_MS = 5_000

const HEADER = encode({ alg: 'EdDSA', typ: 'JWT' })
// RFC 8410, section 7: the DER of an Ed25519 private key, up to the key itself.
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex')

/**
 * Signs tickets: JWTs (RFC 7519) with EdDSA (RFC 8037), bound to a certificate as RFC 8705, section 3.1 has it. By
 * node:crypto, since one signature by way of jose costs as much as five requests.
 */
export class TicketSigner {
  readonly #key: KeyObject
  /** What tickets are verified with: the 32 bytes of the Ed25519 key, Base64url. */
  readonly publicKey: string

  /** @param secret - the secret that the index keeps, 32 bytes; the signing key follows from it */
  constructor(secret: Uint8Array) {
    const seed = Buffer.from(hkdfSync('sha256', secret, '', 'BitTrickle ticket key', 32))
    this.#key = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: 'der', type: 'pkcs8' })
    this.publicKey = createPublicKey(this.#key).export({ format: 'jwk' }).x ?? ''
  }

  /** @param now - milliseconds since 1970 */
  sign({ username, fingerprint, root, size }: TicketClaims, now: number): string {
    const claims = {
      sub: username,
      root,
      size,
      exp: Math.floor((now + TICKET_LIFETIME_MS) / 1000),
      cnf: { 'x5t#S256': fingerprint },
    }
    const signed = `${HEADER}.${encode(claims)}`
    return `${signed}.${sign(null, Buffer.from(signed), this.#key).toString('base64url')}`
  }
}

/** Verifies the tickets of one index, which need not be asked. */
export class TicketVerifier {
  readonly #key: ReturnType<typeof importJWK>

  /** @param publicKey - {@link TicketSigner.publicKey} */
  constructor(publicKey: string) {
    this.#key = importJWK({ kty: 'OKP', crv: 'Ed25519', x: publicKey }, 'EdDSA')
    this.#key.catch(() => {})
  }

  /**
   * Checks that a ticket permits a content to who holds a certificate.
   *
   * @param now - milliseconds since 1970
   * @throws {@link BitTrickleError} `FORBIDDEN`
   */
  async verify(ticket: string, root: string, fingerprint: string, now: number): Promise<ValidTicket> {
    const claims = await this.#read(ticket, now)
    const { sub, exp, cnf } = claims
    const isBound = (cnf as Record<string, unknown> | undefined)?.['x5t#S256'] === fingerprint
    if (!isBound) throw forbidden('is for another certificate')
    if (claims.root !== root) throw forbidden('is for another content')
    if (typeof sub !== 'string' || typeof exp !== 'number' || !Number.isSafeInteger(claims.size)) {
      throw forbidden('does not say what it is for')
    }
    return { username: sub, fingerprint, root, size: claims.size as number, expiresAt: exp * 1000 }
  }

  async #read(ticket: string, now: number): Promise<Record<string, unknown>> {
    try {
      const { payload } = await jwtVerify(ticket, await this.#key, {
        algorithms: ['EdDSA'],
        requiredClaims: ['exp', 'sub'],
        clockTolerance: TICKET_TOLERANCE_MS / 1000,
        currentDate: new Date(now),
      })
      return payload
    } catch (cause) {
      throw forbidden(cause instanceof errors.JWTExpired ? 'has run out' : 'is not of this index', cause)
    }
  }
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

function forbidden(what: string, cause?: unknown): BitTrickleError {
  return new BitTrickleError('FORBIDDEN', `The ticket ${what}; ask the index for another.`, { cause })
}
