/**
 * What is compared where capitals do not count. Of each, the small letters (Unicode's default mapping, no language's
 * own), and one sigma for the two that Greek has. "Straße" is not "STRASSE": no letter becomes two.
 */
export function fold(text: string): string {
  return text.toLowerCase().replaceAll('ς', 'σ')
}

/** The small letter of each byte of ASCII; any other byte is itself. */
export const SMALL: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte,
)

/** The folded form of a text in UTF-8, where it is another than SMALL makes byte by byte; undefined where not. */
export function foldedApart(bytes: Uint8Array, length: number): Buffer | undefined {
  let at = 0
  while (at < length && (bytes[at] as number) < 0x80) at++
  if (at === length) return undefined
  const folded = Buffer.from(fold(Buffer.from(bytes.buffer, bytes.byteOffset, length).toString()))
  if (folded.length !== length) return folded
  for (at = 0; at < length; at++) if (folded[at] !== SMALL[bytes[at] as number]) return folded
  return undefined
}
