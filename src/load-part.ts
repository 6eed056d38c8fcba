import { BitTrickleError, systemErrorCode } from './errors.js'

/**
 * Loads a part of the package that is not read with the rest of it.
 *
 * @throws {@link BitTrickleError} (rejects) `DISK_ERROR`
 */
export async function loadPart<Part>(load: () => Promise<Part>): Promise<Part> {
  try {
    return await load()
  } catch (cause) {
    const why = systemErrorCode(cause) ?? String(cause)
    const message = `A part of the package bittrickle could not be loaded (${why}); start the program again.`
    throw new BitTrickleError('DISK_ERROR', message, { cause })
  }
}
