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
export function foldedApart(bytes: Uint8Array, from: number, to: number): Buffer | undefined {
  let at = from
  while (at < to && (bytes[at] as number) < 0x80) at++
  if (at === to) return undefined
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString()
  const folded = Buffer.from(fold(text))
  if (folded.length !== to - from) return folded
  for (at = from; at < to; at++) if (folded[at - from] !== SMALL[bytes[at] as number]) return folded
  return undefined
}
