import { fold } from './fold.js'

// Kinds of what a pattern consists of; anything else is a character, which stands for itself.
const ANY_ONE = -1
const RUN = -2
const RUN_OF_ALL = -3
const FOLDERS = -4

// Shorter texts are in no list of grams, and more would narrow nothing.
const MIN_WORD = 3
const MAX_WORDS = 8

const SLASH = '/'.charCodeAt(0)

/**
 * A pattern that whole names are matched against: `*` and `?` stay within a folder, `**` goes through folders, and
 * `**` with a slash behind it, where a part begins, is any number of folders, none too. All places of the pattern
 * that a name may be at are one set of bits, moved on by each character: strangers send patterns, and so none takes
 * longer than its length times that of the name, by 32.
 */
export class NameGlob {
  /** Texts that a name which matches contains, for those who have lists of such. */
  readonly words: readonly string[]
  /** About how long a match takes with the longest name, in the steps of name-search.ts. */
  readonly cost: number
  readonly #matchCase: boolean
  readonly #size: number
  /** By the code of a character: the places where it is wanted. */
  readonly #places = new Map<number, Int32Array>()
  readonly #anyOne: Int32Array
  readonly #runs: Int32Array
  readonly #runsOfAll: Int32Array
  readonly #folders: Int32Array
  /** Places that may be passed over. */
  readonly #empty: Int32Array
  readonly #end: number
  // The places of a name under way, and those that are being found.
  #now: Int32Array
  #next: Int32Array

  constructor(pattern: string, matchCase: boolean) {
    this.#matchCase = matchCase
    const items = parse(matchCase ? pattern : fold(pattern))
    this.words = wordsOf(items)
    this.#end = items.length
    // The place behind the last item is one, too.
    this.#size = (items.length >>> 5) + 1
    this.cost = 100 + 150 * this.#size
    const make = (): Int32Array => new Int32Array(this.#size)
    this.#anyOne = make()
    this.#runs = make()
    this.#runsOfAll = make()
    this.#folders = make()
    this.#empty = make()
    this.#now = make()
    this.#next = make()
    for (const [place, item] of items.entries()) {
      set(this.#setOf(item), place)
      if (item <= RUN) set(this.#empty, place)
    }
  }

  #setOf(item: number): Int32Array {
    if (item === ANY_ONE) return this.#anyOne
    if (item === RUN) return this.#runs
    if (item === RUN_OF_ALL) return this.#runsOfAll
    if (item === FOLDERS) return this.#folders
    const known = this.#places.get(item) ?? new Int32Array(this.#size)
    this.#places.set(item, known)
    return known
  }

  /** Whether all of a name fits. */
  matches(name: string): boolean {
    const text = this.#matchCase ? name : fold(name)
    this.#now.fill(0)
    this.#now[0] = 1
    this.#passOver(this.#now)
    for (let at = 0; at < text.length; at++) {
      const code = text.codePointAt(at) as number
      if (code > 0xffff) at++
      if (!this.#move(code)) return false
    }
    return ((this.#now[this.#end >>> 5] as number) & (1 << (this.#end & 31))) !== 0
  }

  /** @returns whether there is a place left */
  #move(code: number): boolean {
    const [now, next] = [this.#now, this.#next]
    const wanted = this.#places.get(code)
    const isSlash = code === SLASH
    let carry = 0
    for (let word = 0; word < this.#size; word++) {
      const here = now[word] as number
      const one = isSlash ? (this.#folders[word] as number) : (this.#anyOne[word] as number)
      const moving = here & ((wanted?.[word] ?? 0) | one)
      const staying = (this.#runsOfAll[word] as number) | (isSlash ? 0 : (this.#runs[word] as number))
      next[word] = (moving << 1) | carry | (here & staying)
      carry = moving >>> 31
    }
    this.#passOver(next)
    let any = 0
    // Within a folder there is nothing that may be passed over: only its slash ends it.
    for (let word = 0; word < this.#size; word++) {
      const place = (next[word] as number) | ((now[word] as number) & (this.#folders[word] as number))
      next[word] = place
      any |= place
    }
    this.#now = next
    this.#next = now
    return any !== 0
  }

  /** Twice: no more than two of what may be empty stand side by side, folders and a run behind them. */
  #passOver(places: Int32Array): void {
    for (let time = 0; time < 2; time++) {
      let carry = 0
      for (let word = 0; word < this.#size; word++) {
        const here = places[word] as number
        const passed = here & (this.#empty[word] as number)
        places[word] = here | (passed << 1) | carry
        carry = passed >>> 31
      }
    }
  }
}

function parse(pattern: string): number[] {
  const items: number[] = []
  const characters = [...pattern]
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at] as string
    if (character === '?') items.push(ANY_ONE)
    else if (character !== '*') items.push(character.codePointAt(0) as number)
    else {
      const isPart = at === 0 || characters[at - 1] === '/'
      const from = at
      while (characters[at + 1] === '*') at++
      const last = items.at(-1)
      if (from === at) items.push(RUN)
      else if (!isPart || characters[at + 1] !== '/') items.push(RUN_OF_ALL)
      else {
        at++
        if (last !== FOLDERS) items.push(FOLDERS)
      }
    }
  }
  return items
}

function wordsOf(items: readonly number[]): string[] {
  const words: string[] = []
  let word = ''
  for (const item of [...items, RUN]) {
    if (item >= 0) word += String.fromCodePoint(item)
    else {
      if (word.length >= MIN_WORD) words.push(word)
      word = ''
    }
  }
  return words.sort((one, other) => other.length - one.length).slice(0, MAX_WORDS)
}

function set(places: Int32Array, place: number): void {
  places[place >>> 5] = (places[place >>> 5] as number) | (1 << (place & 31))
}
