// A byte order mark is kept: dropping it would make two spellings of one name.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The text of a datagram, or undefined when it is not UTF-8. */
export function decodeText(datagram: Uint8Array): string | undefined {
  try {
    return decoder.decode(datagram)
  } catch {
    return undefined
  }
}

/** The words of a text: the classic protocol splits by any white space. */
export function splitWords(text: string): string[] {
  return text.split(/\s+/u).filter((word) => word !== '')
}
