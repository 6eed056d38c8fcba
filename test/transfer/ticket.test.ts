import { createHmac } from 'node:crypto'
import { exportJWK, generateKeyPair, importJWK, jwtVerify, SignJWT } from 'jose'
import { describe, expect, it } from 'vitest'
import { type TicketClaims, TicketSigner, TicketVerifier } from '../../src/transfer/ticket.js'

const NOW = Date.UTC(2030, 0, 1)
const key = (byte: number): string => Buffer.alloc(32, byte).toString('base64url')
const [ROOT, FINGERPRINT] = [key(1), key(2)]
const HANS: TicketClaims = { username: 'hans', fingerprint: FINGERPRINT, root: ROOT, size: 734_003_200 }

const signer = new TicketSigner(Buffer.alloc(32, 7))
const verifier = new TicketVerifier(signer.publicKey)
const TICKET = signer.sign(HANS, NOW)

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const decode = (part = ''): Record<string, unknown> => JSON.parse(Buffer.from(part, 'base64url').toString())
const refusal = (by: TicketVerifier, ...given: Parameters<TicketVerifier['verify']>): unknown => {
  try {
    by.verify(...given)
    return undefined
  } catch (error) {
    return error
  }
}
const refused = (what: string) =>
  expect.objectContaining({ code: 'FORBIDDEN', message: expect.stringContaining(what) })

describe('a ticket', () => {
  it('is a JWT to another library, which verifies it and whose own tickets count', async () => {
    const jwk = { kty: 'OKP', crv: 'Ed25519', x: signer.publicKey }
    const { payload } = await jwtVerify(TICKET, await importJWK(jwk, 'EdDSA'), { currentDate: new Date(NOW) })
    expect(payload).toMatchObject({ sub: 'hans', root: ROOT, cnf: { 'x5t#S256': FINGERPRINT } })

    const { publicKey, privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true })
    const foreign = await new SignJWT({ ...payload })
      .setProtectedHeader({ alg: 'EdDSA', typ: 'JWT' })
      .sign(privateKey)
    const theirs = new TicketVerifier((await exportJWK(publicKey)).x ?? '')
    expect(theirs.verify(foreign, ROOT, FINGERPRINT, NOW)).toEqual({ ...HANS, expiresAt: NOW + 60_000 })
  })

  // By openssl, from what docs/protocol.md says.
  it('is this text', () => {
    expect(signer.publicKey).toBe('HIKi2oDOxKviDmfTxA54CHZukYzuwIq0rVHTE7uSZDQ')
    expect(TICKET.split('.').slice(0, 2).map(decode)).toEqual([
      { alg: 'EdDSA', typ: 'JWT' },
      { sub: 'hans', root: ROOT, size: 734_003_200, exp: NOW / 1000 + 60, cnf: { 'x5t#S256': FINGERPRINT } },
    ])
    expect(TICKET.split('.')[2]).toBe(
      'iEj3orjknfTdoXgIs36pzOcooqGh6ffYtboQm-M7HqmYsP8stJ3h7qhrGPDu_m5LdL9LHcbyDWvMSEORjOejAg',
    )
  })

  it('says whom it permits what, and until when', () => {
    const valid = verifier.verify(TICKET, ROOT, FINGERPRINT, NOW)
    expect(valid).toEqual({ ...HANS, expiresAt: NOW + 60_000 })
  })

  it('is for one content and one certificate', () => {
    expect(refusal(verifier, TICKET, key(3), FINGERPRINT, NOW)).toEqual(refused('another content'))
    expect(refusal(verifier, TICKET, ROOT, key(3), NOW)).toEqual(refused('another certificate'))
  })

  it('is of no use to another user, whose certificate is another', () => {
    const yoda = signer.sign({ ...HANS, username: 'yoda', fingerprint: key(3) }, NOW)
    expect(refusal(verifier, yoda, ROOT, FINGERPRINT, NOW)).toEqual(refused('another certificate'))
    expect(verifier.verify(yoda, ROOT, key(3), NOW)).toMatchObject({ username: 'yoda' })
  })

  it('runs out after a minute, and some seconds for clocks that differ', () => {
    const odd = signer.sign(HANS, NOW + 999)
    expect(verifier.verify(odd, ROOT, FINGERPRINT, NOW + 64_000)).toMatchObject({
      expiresAt: NOW + 60_000,
    })
    expect(refusal(verifier, odd, ROOT, FINGERPRINT, NOW + 66_000)).toEqual(refused('run out'))
  })

  it('of another index is refused', () => {
    const other = new TicketSigner(Buffer.alloc(32, 8))
    expect(other.publicKey).not.toBe(signer.publicKey)
    const ticket = other.sign(HANS, NOW)
    expect(refusal(verifier, ticket, ROOT, FINGERPRINT, NOW)).toEqual(refused('not of this index'))
  })

  const [header = '', claims = '', signature = ''] = TICKET.split('.')
  const changed = encode({ ...decode(claims), sub: 'vader' })
  const hmacHeader = encode({ alg: 'HS256', typ: 'JWT' })
  const hmac = createHmac('sha256', Buffer.from(signer.publicKey, 'base64url'))
    .update(`${hmacHeader}.${claims}`)
    .digest('base64url')
  it.each([
    ['nothing', ''],
    ['no ticket', 'abc'],
    ['too many parts', `${TICKET}.`],
    ['the claims of another user', `${header}.${changed}.${signature}`],
    ['no signature', `${header}.${claims}.`],
    ['a signature that was cut', TICKET.slice(0, -4)],
    ['the algorithm "none"', `${encode({ alg: 'none', typ: 'JWT' })}.${claims}.`],
    ['the public key as a shared secret', `${hmacHeader}.${claims}.${hmac}`],
    [
      'extensions that nobody knows',
      `${encode({ alg: 'EdDSA', crit: ['b64'], b64: false })}.${claims}.${signature}`,
    ],
  ])('with %s is refused', (_what, forged) => {
    expect(refusal(verifier, forged, ROOT, FINGERPRINT, NOW)).toEqual(refused('not of this index'))
  })

  it('that the index signed without a size, or for nobody, is refused', () => {
    const sign = (parts: object): string => signer.sign({ ...HANS, ...parts } as TicketClaims, NOW)
    const unsized = sign({ size: undefined })
    expect(refusal(verifier, unsized, ROOT, FINGERPRINT, NOW)).toEqual(refused('what it is for'))
    const nobody = sign({ username: undefined })
    expect(refusal(verifier, nobody, ROOT, FINGERPRINT, NOW)).toMatchObject({ code: 'FORBIDDEN' })
  })

  it('cannot be verified with what is no key, and that is no crash', () => {
    const broken = new TicketVerifier('AAAA')
    expect(refusal(broken, TICKET, ROOT, FINGERPRINT, NOW)).toMatchObject({ code: 'FORBIDDEN' })
  })
})
