import { fold, SMALL } from './fold.js'
import { addGram, type GramRange, rangesOf, SIGNATURE_WORDS } from './grams.js'

/** A text that names must contain, as the bytes that are looked for. */
interface Needle {
  readonly bytes: Buffer
  readonly first: number
}

/** What is looked for in names: texts that each of them must contain. */
export class NameQuery {
  readonly matchCase: boolean
  /** What a name that matches has in any case: one gram of each range. */
  readonly ranges: readonly GramRange[]
  /** Those of them that are certain. */
  readonly grams: readonly number[]
  /** Their bits. */
  readonly signature: Uint32Array = new Uint32Array(SIGNATURE_WORDS)
  readonly #needles: readonly Needle[]

  /** @param words - texts; an empty one is in every name */
  constructor(words: readonly string[], matchCase: boolean) {
    this.matchCase = matchCase
    const texts = words.filter((word) => word !== '')
    this.#needles = texts.map((word) => {
      const bytes = Buffer.from(matchCase ? word : fold(word))
      return { bytes, first: bytes[0] as number }
    })
    // In the lists all names are folded.
    this.ranges = texts.flatMap((word) => rangesOf(Buffer.from(fold(word))))
    this.grams = this.ranges.filter(({ from, to }) => to - from === 1).map(({ from }) => from)
    for (const gram of this.grams) addGram(this.signature, gram)
  }

  /** Whether all of them are in these bytes. @param isFolded - whether capitals were made small there already */
  matches(bytes: Uint8Array, from: number, to: number, isFolded: boolean): boolean {
    const isAsItIs = this.matchCase || isFolded
    for (const needle of this.#needles) {
      if (!(isAsItIs ? contains(bytes, from, to, needle) : containsFolded(bytes, from, to, needle)))
        return false
    }
    return true
  }
}

function contains(bytes: Uint8Array, from: number, to: number, { bytes: wanted, first }: Needle): boolean {
  const last = to - wanted.length
  for (let at = from; at <= last; at++) {
    if (bytes[at] !== first) continue
    let index = 1
    while (index < wanted.length && bytes[at + index] === wanted[index]) index++
    if (index === wanted.length) return true
  }
  return false
}

function containsFolded(
  bytes: Uint8Array,
  from: number,
  to: number,
  { bytes: wanted, first }: Needle,
): boolean {
  const last = to - wanted.length
  for (let at = from; at <= last; at++) {
    if (SMALL[bytes[at] as number] !== first) continue
    let index = 1
    while (index < wanted.length && SMALL[bytes[at + index] as number] === wanted[index]) index++
    if (index === wanted.length) return true
  }
  return false
}
