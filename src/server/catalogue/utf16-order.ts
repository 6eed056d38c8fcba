// Names sort by UTF-16 code units, as JavaScript's `<` has it, and are kept in UTF-8. The two orders differ in one
// thing: the code points from U+10000 on, whose UTF-8 begins with 0xf0 or more, come before those from U+E000 to U+FFFF,
// whose UTF-8 begins with 0xee or 0xef.
const RANKS = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte < 0xee ? byte : byte < 0xf0 ? byte + 16 : byte - 2,
)

/** Negative where the text in `a` comes before that in `b`, 0 where they are the same. */
export function compareBytes(
  a: Uint8Array,
  aFrom: number,
  aTo: number,
  b: Uint8Array,
  bFrom: number,
  bTo: number,
): number {
  const shorter = Math.min(aTo - aFrom, bTo - bFrom)
  let at = 0
  while (at < shorter && a[aFrom + at] === b[bFrom + at]) at++
  if (at === shorter) return aTo - aFrom - (bTo - bFrom)
  return (RANKS[a[aFrom + at] as number] as number) - (RANKS[b[bFrom + at] as number] as number)
}
