import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { fingerprintOf, makeCertificate } from '../../src/transfer/certificate.js'

describe('a certificate', () => {
  it('is self-signed, of the key beside it, and valid whatever the time', async () => {
    const { cert, key } = await makeCertificate()
    const x509 = new X509Certificate(cert)
    expect(x509.publicKey.asymmetricKeyType).toBe('ed25519')
    expect(x509.verify(x509.publicKey)).toBe(true)
    expect(x509.checkPrivateKey(createPrivateKey(key))).toBe(true)
    expect(x509.publicKey.equals(createPublicKey(key))).toBe(true)
    expect([x509.validFrom, x509.validTo].map((date) => new Date(date).toISOString())).toEqual([
      '2020-01-01T00:00:00.000Z',
      '9999-12-31T23:59:59.000Z',
    ])
    // It says nothing of who has it: that is the index's to say.
    expect(x509.subject).toBe('CN=BitTrickle peer')
  })

  it('has the fingerprint that node computes of its bytes, as 43 characters', async () => {
    const { cert, fingerprint } = await makeCertificate()
    const { raw, fingerprint256 } = new X509Certificate(cert)
    expect(fingerprint).toBe(Buffer.from(fingerprint256.replaceAll(':', ''), 'hex').toString('base64url'))
    expect(fingerprint).toBe(fingerprintOf(raw))
    expect(fingerprint).toMatch(/^[\w-]{43}$/)
  })

  it('is another each time', async () => {
    const [one, other] = await Promise.all([makeCertificate(), makeCertificate()])
    expect(one.fingerprint).not.toBe(other.fingerprint)
    expect(one.key).not.toBe(other.key)
  })
})

it('a fingerprint is SHA-256 in Base64url without padding', () => {
  expect(fingerprintOf(Buffer.from('abc'))).toBe('ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0')
})
