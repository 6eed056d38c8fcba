import { assertName } from '../wire/names.js'

// The folder that has no name of its own: all names are below it.
const WHOLE = './'

/** Whether a name stands for a folder, and so for all names below it. */
export const isFolderName = (name: string): boolean => name.endsWith('/')

/**
 * The name of a folder, from a text that may lack the "/" behind it; "" and "." are the folder that all names are below.
 * @throws BitTrickleError `INVALID_NAME`
 */
export function toFolderName(text: string): string {
  const name = text === '' || text === '.' ? WHOLE : isFolderName(text) ? text : `${text}/`
  if (name !== WHOLE) assertName(name.slice(0, -1))
  return name
}

/** How the names below a folder begin. */
export const prefixOf = (folderName: string): string => (folderName === WHOLE ? '' : folderName)
