/** Of an offer that everybody may see. */
const EVERYBODY = 0

interface Kept {
  readonly id: number
  readonly text: string
  count: number
}

/** Texts of audiences by number: many offers have one in common, so that each is kept once. */
export class Audiences {
  readonly #byText = new Map<string, Kept>()
  readonly #byId: (Kept | undefined)[] = [undefined]
  readonly #free: number[] = []

  /** The number of a text, for one offer more. */
  take(text: string | undefined): number {
    if (text === undefined) return EVERYBODY
    let kept = this.#byText.get(text)
    if (kept === undefined) {
      kept = { id: this.#free.pop() ?? this.#byId.length, text, count: 0 }
      this.#byText.set(text, kept)
      this.#byId[kept.id] = kept
    }
    kept.count++
    return kept.id
  }

  /** One offer less has it. */
  give(id: number): void {
    const kept = this.#byId[id]
    if (kept === undefined || --kept.count > 0) return
    this.#byText.delete(kept.text)
    this.#byId[id] = undefined
    this.#free.push(id)
  }

  /** The text of a number; undefined is everybody. */
  text(id: number): string | undefined {
    return this.#byId[id]?.text
  }
}
