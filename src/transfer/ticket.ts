import { hkdfSync } from 'node:crypto'
import { sodium } from '../channel/packages.js'
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

// What every ticket begins with, to the letter: where there is one way to sign, no header can ask for another.
const HEADER = encode({ alg: 'EdDSA', typ: 'JWT' })
// RFC 8032, 5.1.5 and 5.1.6.
const PUBLIC_KEY_BYTES = 32
const SECRET_KEY_BYTES = 64
const SIGNATURE_BYTES = 64

/** When a ticket runs out that is signed now, in seconds since 1970 as it says there. */
export const ticketExpiry = (now: number): number => Math.floor((now + TICKET_LIFETIME_MS) / 1000)

/**
 * Signs tickets: JWTs (RFC 7519) with EdDSA (RFC 8037), bound to a certificate as RFC 8705, section 3.1 has it. By
 * sodium, since a signature costs 22 us there, 47 us by node:crypto and 200 us by jose, where the rest of a request
 * costs 30 us.
 */
export class TicketSigner {
  readonly #secretKey = Buffer.alloc(SECRET_KEY_BYTES)
  /** What tickets are verified with: the 32 bytes of the Ed25519 key, Base64url. */
  readonly publicKey: string

  /** @param secret - the secret that the index keeps, 32 bytes; the signing key follows from it */
  constructor(secret: Uint8Array) {
    const seed = Buffer.from(hkdfSync('sha256', secret, '', 'BitTrickle ticket key', 32))
    const publicKey = Buffer.alloc(PUBLIC_KEY_BYTES)
    sodium().crypto_sign_seed_keypair(publicKey, this.#secretKey, seed)
    this.publicKey = publicKey.toString('base64url')
  }

  /** @param now - milliseconds since 1970 */
  sign(claims: TicketClaims, now: number): string {
    const signed = signedText(claims, ticketExpiry(now))
    const signature = Buffer.alloc(SIGNATURE_BYTES)
    sodium().crypto_sign_detached(signature, Buffer.from(signed), this.#secretKey)
    return `${signed}.${signature.toString('base64url')}`
  }
}

/** What of a ticket does not follow from its claims. */
export interface TicketProof {
  /** When it runs out, in seconds since 1970. */
  readonly expiry: number
  /** Base64url. */
  readonly signature: string
}

/** Takes out of a ticket of ours what who knows its claims needs, to have all of it. */
export function proofOf(ticket: string): TicketProof {
  const [, claims = '', signature = ''] = ticket.split('.')
  return { expiry: JSON.parse(Buffer.from(claims, 'base64url').toString()).exp, signature }
}

/** Puts a ticket together again. */
export function ticketOf(claims: TicketClaims, { expiry, signature }: TicketProof): string {
  return `${signedText(claims, expiry)}.${signature}`
}

function signedText({ username, fingerprint, root, size }: TicketClaims, expiry: number): string {
  return `${HEADER}.${encode({ sub: username, root, size, exp: expiry, cnf: { 'x5t#S256': fingerprint } })}`
}

/**
 * Verifies the tickets of one index, which need not be asked. By sodium for the same reason: 70 us a ticket, where jose
 * takes 240, as long as a small file and its ticket take otherwise.
 */
export class TicketVerifier {
  readonly #publicKey: Buffer

  /** @param publicKey - {@link TicketSigner.publicKey} */
  constructor(publicKey: string) {
    this.#publicKey = Buffer.from(publicKey, 'base64url')
  }

  /**
   * Checks that a ticket permits a content to who holds a certificate.
   *
   * @param now - milliseconds since 1970
   * @throws {@link BitTrickleError} `FORBIDDEN`
   */
  verify(ticket: string, root: string, fingerprint: string, now: number): ValidTicket {
    const { sub, exp, size, cnf, ...claims } = this.#read(ticket)
    if (typeof sub !== 'string' || typeof exp !== 'number' || !Number.isSafeInteger(size)) {
      throw forbidden('does not say what it is for')
    }
    const expiresAt = exp * 1000
    if (now >= expiresAt + TICKET_TOLERANCE_MS) throw forbidden('has run out')
    const isBound = (cnf as Record<string, unknown> | undefined)?.['x5t#S256'] === fingerprint
    if (!isBound) throw forbidden('is for another certificate')
    if (claims.root !== root) throw forbidden('is for another content')
    return { username: sub, fingerprint, root, size: size as number, expiresAt }
  }

  /** The claims of a ticket that the index has signed (RFC 7515, 5.2). */
  #read(ticket: string): Record<string, unknown> {
    const [header, claims, signature, ...more] = ticket.split('.', 4)
    const bytes = Buffer.from(signature ?? '', 'base64url')
    if (header !== HEADER || claims === undefined || bytes.length !== SIGNATURE_BYTES || more.length > 0) {
      throw forbidden('is not of this index')
    }
    const signed = Buffer.from(`${header}.${claims}`)
    const isSigned =
      this.#publicKey.length === PUBLIC_KEY_BYTES &&
      sodium().crypto_sign_verify_detached(bytes, signed, this.#publicKey)
    if (!isSigned) throw forbidden('is not of this index')
    // What the index has signed, it has written.
    return JSON.parse(Buffer.from(claims, 'base64url').toString())
  }
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

function forbidden(what: string): BitTrickleError {
  return new BitTrickleError('FORBIDDEN', `The ticket ${what}; ask the index for another.`)
}
