import { SMALL } from './fold.js'

// Three bytes make a gram. A byte counts by its class, of which there are 64: small letters, figures and what else is
// frequent have one each, the others share the rest. So there are as many grams as a table can have entries, whatever
// strangers call their files; that two texts may have the same grams is why each name found is looked at.
const CLASS_BITS = 6

/** How many grams there are. */
export const GRAMS: number = 1 << (3 * CLASS_BITS)

/** The class of what is behind the end of a name. */
const END = 0

const OWN_CLASS = 'abcdefghijklmnopqrstuvwxyz0123456789/.-_ '
const FIRST_SHARED = OWN_CLASS.length + 1
const SHARED = (1 << CLASS_BITS) - FIRST_SHARED

const CLASSES = Uint8Array.from({ length: 256 }, (_, byte) => {
  const own = OWN_CLASS.indexOf(String.fromCharCode(SMALL[byte] as number))
  return own >= 0 ? own + 1 : FIRST_SHARED + (byte % SHARED)
})

/** The grams of a folded text that may have one: all those that begin at a byte of it, twice where they come twice. */
export class NameGrams {
  readonly grams = new Uint32Array(2048)
  count = 0
  /** A bit for each gram. */
  readonly signature = new Uint32Array(SIGNATURE_WORDS)

  // Which grams the present name has had.
  readonly #seenBy = new Uint32Array(GRAMS)
  #turn = 0

  /** Reads the grams of a name, each once. At its end they go on into nothing, so that each byte begins one. */
  read(bytes: Uint8Array, from: number, to: number): void {
    this.#turn++
    this.count = 0
    this.signature.fill(0)
    let gram = 0
    for (let at = from; at < to + 2; at++) {
      const byte = at < to ? (CLASSES[bytes[at] as number] as number) : END
      gram = ((gram << CLASS_BITS) | byte) & (GRAMS - 1)
      if (at < from + 2 || this.#seenBy[gram] === this.#turn) continue
      this.#seenBy[gram] = this.#turn
      this.grams[this.count++] = gram
      addGram(this.signature, gram)
    }
  }
}

/** Words of a signature, which has a bit set for each gram: what lacks a bit of a query does not contain it. */
export const SIGNATURE_WORDS = 4

/** Sets the bit of a gram in a signature. */
export function addGram(signature: Uint32Array, gram: number): void {
  const bit = Math.imul(gram, 0x9e3779b1) >>> 25
  ;(signature[bit >>> 5] as number) |= 1 << (bit & 31)
}

/** A run of grams: the ones that a short text can be the beginning of. */
export interface GramRange {
  readonly from: number
  readonly to: number
}

/** What a name that contains this text has: one gram of each of the ranges. Longer texts give ranges of one gram. */
export function rangesOf(folded: Uint8Array): GramRange[] {
  const classAt = (at: number): number => CLASSES[folded[at] as number] as number
  if (folded.length === 0) return []
  if (folded.length < 3) {
    const open = (3 - folded.length) * CLASS_BITS
    const known = folded.length === 1 ? classAt(0) : (classAt(0) << CLASS_BITS) | classAt(1)
    return [{ from: known << open, to: (known + 1) << open }]
  }
  const grams = new Set<number>()
  for (let at = 0; at + 2 < folded.length; at++) {
    grams.add((((classAt(at) << CLASS_BITS) | classAt(at + 1)) << CLASS_BITS) | classAt(at + 2))
  }
  return [...grams].map((gram) => ({ from: gram, to: gram + 1 }))
}
