// Plain JavaScript, with its types in utf16-order.d.ts: the thread that reads the file runs it too, from src as from dist.
// Names sort by UTF-16 code units, as JavaScript's `<` has it, and are kept in UTF-8. The two orders differ in one
// thing: the code points from U+10000 on, whose UTF-8 begins with 0xf0 or more, come before those from U+E000 to U+FFFF,
// whose UTF-8 begins with 0xee or 0xef.
const RANKS = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte < 0xee ? byte : byte < 0xf0 ? byte + 16 : byte - 2,
)

export function compareBytes(a, aFrom, aTo, b, bFrom, bTo) {
  const shorter = Math.min(aTo - aFrom, bTo - bFrom)
  let at = 0
  while (at < shorter && a[aFrom + at] === b[bFrom + at]) at++
  if (at === shorter) return aTo - aFrom - (bTo - bFrom)
  return RANKS[a[aFrom + at]] - RANKS[b[bFrom + at]]
}
