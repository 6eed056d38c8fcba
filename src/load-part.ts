import { BitTrickleError, systemErrorCode } from './errors.js'

/**
 * Loads what is not read with the rest: a part of the package, or a package that it depends on. Node.js takes longer to
 * read the code of the SDK than to do anything else at a start, and an app that is a peer runs no index, one that only
 * sends fetches nothing, and so on: what is used later, and not by everybody, is read when it is used.
 *
 * @throws {@link BitTrickleError} (rejects) `DISK_ERROR`
 */
export async function loadPart<Part>(load: () => Promise<Part>): Promise<Part> {
  try {
    return await load()
  } catch (cause) {
    const why = systemErrorCode(cause) ?? String(cause)
    const message = `A part of BitTrickle could not be loaded (${why}); start the program again.`
    throw new BitTrickleError('DISK_ERROR', message, { cause })
  }
}
