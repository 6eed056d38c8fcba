import { BitTrickleError } from '../../errors.js'
import { MAX_NAME_BYTES } from '../../wire/limits.js'
import type { CatalogueEntry } from './catalogue-store.js'

/**
 * Checks what every store has to keep: a name has a bound, and a line feed stands between texts where they are read.
 *
 * @throws {@link BitTrickleError} `INVALID_NAME`
 */
export function assertKeepable({ username, name, root = '', audience = '' }: CatalogueEntry): void {
  const length = Buffer.byteLength(name)
  if (length === 0 || length > MAX_NAME_BYTES) {
    throw new BitTrickleError(
      'INVALID_NAME',
      `A name has 1 to ${MAX_NAME_BYTES} bytes, and this one ${length}.`,
    )
  }
  if (`${username}${name}${root}${audience}`.includes('\n')) {
    throw new BitTrickleError('INVALID_NAME', 'A line feed cannot be kept.')
  }
}
