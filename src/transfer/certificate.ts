import { createHash, createPrivateKey, webcrypto } from 'node:crypto'
import { loadPart } from '../load-part.js'

/** What a peer presents on its data channels, new at each start. */
export interface Certificate {
  /** PEM. */
  readonly cert: string
  /** PEM. */
  readonly key: string
  /** See {@link fingerprintOf}. */
  readonly fingerprint: string
}

// Nobody looks at the dates: the index vouches for the fingerprint for as long as the session lasts.
const VALID_FROM = new Date(Date.UTC(2020, 0, 1))
// RFC 5280, 4.1.2.5: "no well-defined expiration date".
const VALID_TO = new Date(Date.UTC(9999, 11, 31, 23, 59, 59))
const ALGORITHM = { name: 'Ed25519' }

/** Makes a key and a certificate that it signs itself. */
export async function makeCertificate(): Promise<Certificate> {
  // Of many small files, which took half of the time that it took to load the SDK.
  const { cryptoProvider, X509CertificateGenerator } = await loadPart(() => import('@peculiar/x509'))
  cryptoProvider.set(webcrypto as never)
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
  if (!('privateKey' in keys)) throw new Error('Ed25519 makes pairs of keys')
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: '01',
    name: 'CN=BitTrickle peer',
    notBefore: VALID_FROM,
    notAfter: VALID_TO,
    keys: keys as never,
    signingAlgorithm: ALGORITHM,
  })
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey))
  const key = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' })
  return {
    cert: certificate.toString('pem'),
    key: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
    fingerprint: fingerprintOf(Buffer.from(certificate.rawData)),
  }
}

/** SHA-256 of a certificate in DER, Base64url without padding: `x5t#S256` of RFC 8705. */
export function fingerprintOf(der: Uint8Array): string {
  return createHash('sha256').update(der).digest('base64url')
}
