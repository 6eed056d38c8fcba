import { randomBytes } from 'node:crypto'
import { hashBlock } from '../../src/content/block-tree.js'
import { TicketSigner, TicketVerifier } from '../../src/transfer/ticket.js'
import { median } from '../lib/figures.js'

const ROUNDS = 5
const CALLS = 500

/**
 * What a file of one block cannot do without, in microseconds of CPU: its ticket is signed and verified, and its bytes are
 * hashed. Medians.
 */
export function cryptoCost(): { readonly sign: number; readonly verify: number; readonly hash: number } {
  const signer = new TicketSigner(randomBytes(32))
  const verifier = new TicketVerifier(signer.publicKey)
  const block = randomBytes(16_384)
  const [root, fingerprint] = [hashBlock(block).toString('base64url'), randomBytes(32).toString('base64url')]
  const claims = { username: 'hans', fingerprint, root, size: block.length }
  const ticket = signer.sign(claims, 0)
  return {
    sign: microseconds(() => signer.sign(claims, 0)),
    verify: microseconds(() => verifier.verify(ticket, root, fingerprint, 0)),
    hash: microseconds(() => hashBlock(block)),
  }
}

function microseconds(act: () => void): number {
  const rounds = Array.from({ length: ROUNDS }, () => {
    const startedAt = performance.now()
    for (let call = 0; call < CALLS; call++) act()
    return ((performance.now() - startedAt) / CALLS) * 1000
  })
  return median(rounds)
}
