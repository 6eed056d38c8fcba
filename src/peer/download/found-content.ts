import { BitTrickleError } from '../../errors.js'
import { quote } from '../../wire/names.js'
import type { SourceRecord } from '../../wire/records.js'
import type { SealedLocation } from './sealed-download.js'

/** Which content of a name is wanted. */
export interface Wanted {
  readonly root?: string
  readonly from?: string
}

/** What the index said: sources, and for sealed ones what they have. */
export type FoundContent =
  | { readonly sources: readonly SourceRecord[]; readonly contents?: number }
  | SealedLocation

/**
 * Holds an answer of the index to what can be verified, and was asked for.
 *
 * @param root - the one that was asked for, if one was: another one is no answer
 * @throws {@link BitTrickleError} `NOT_FOUND`, `INVALID_REPLY`
 */
export function assertSealed(name: string, found: FoundContent, root: string | undefined): SealedLocation {
  if (!('ticket' in found)) {
    throw new BitTrickleError('NOT_FOUND', `No active peer offers "${name}" over the sealed protocol.`, {
      retryable: true,
    })
  }
  if (root === undefined || found.root === root) return found
  throw new BitTrickleError('INVALID_REPLY', `The index answered with another content of "${name}".`)
}

/** Tells that the index has chosen among contents. In a folder of many files nobody would read it. */
export function tellChoice(name: string, found: FoundContent, onWarning: (message: string) => void): void {
  const { contents = 1 } = found
  if (contents <= 1) return
  const root = 'root' in found ? ` Its root is ${found.root}.` : ''
  onWarning(
    `${quote(name)} has ${contents} contents; this is the one that most offer, or the newest of those.${root} Choose another by "root" or "from".`,
  )
}
