import { BitTrickleError } from '../../errors.js'
import type { ReceiptRequest } from '../../wire/messages.js'
import { usernameProblem } from '../../wire/names.js'
import type { Handler } from './context.js'

/** Takes a peer's word for how transfers have ended, in its own name, and does nothing but tell of it. */
export const receipt: Handler<ReceiptRequest> = (context, { username, address }, request) => {
  const { receipts: book, clock, emit } = context
  const { id, way, peer, receipts, lost = 0 } = request
  const problem = usernameProblem(peer)
  if (problem !== undefined)
    throw new BitTrickleError('INVALID_OPTION', `The user at the other end ${problem}.`)
  // A repeat from an earlier session, whose answer was lost with that.
  if (!book.take(username, id, receipts.length)) return { type: 'receipt' }
  const at = new Date(clock.now())
  for (const { outcome = 'done', ...rest } of receipts) {
    const { root, bytes, ms, code } = rest
    const why = outcome === 'failed' && code !== undefined ? { code } : {}
    emit('receipt', { username, address, way, peer, root, bytes, outcome, ...why, ms, at })
  }
  if (lost > 0) emit('receiptsLost', { username, count: lost, at })
  return { type: 'receipt' }
}
