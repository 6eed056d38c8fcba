import { BitTrickleError } from '../../errors.js'
import { assertName, quote } from '../../wire/names.js'
import type { Share } from './share.js'

/**
 * The name of a file that is published with its folder.
 *
 * @param folder - path in the share folder
 * @param prefix - how the names of its files begin: "photos/"
 * @param file - path in the share folder, below the folder
 * @throws BitTrickleError `INVALID_NAME`
 */
export function nameBelow(
  share: Pick<Share, 'nameOf'>,
  folder: string,
  prefix: string,
  file: string,
): string {
  const name = `${prefix}${share.nameOf(folder === '' ? file : file.slice(folder.length + 1))}`
  assertName(name)
  return name
}

/** Two files may have one name: such as those that differ only in how an accent is written. */
export function sameName(name: string, other: string): BitTrickleError {
  return new BitTrickleError('INVALID_NAME', `${quote(other)} has the same name, ${quote(name)}.`)
}
