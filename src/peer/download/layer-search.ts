import type { Clock } from '../../clock.js'
import { arePiecesOf } from '../../content/content.js'
import type { ContentLayout } from '../../content/content-layout.js'

/** What {@link LayerSearch} needs. */
export interface LayerSearchOptions<Source> {
  readonly root: string
  readonly layout: ContentLayout
  readonly clock: Clock
  readonly onFound: (layer: Buffer) => void
  /** What a source sent is not the layer of this content. */
  readonly onWrong: (source: Source) => void
}

// One that has not answered by then is not waited for alone any longer.
const PATIENCE_MS = 5_000

/** Gets the piece layer of a content from the first source that has it: asks one, and another when that takes long. */
export class LayerSearch<Source extends { layer(): Promise<Buffer> }> {
  readonly #options: LayerSearchOptions<Source>
  readonly #root: Buffer
  readonly #candidates = new Set<Source>()
  #askedAt: number | undefined
  #isOver = false

  constructor(options: LayerSearchOptions<Source>) {
    this.#options = options
    this.#root = Buffer.from(options.root, 'base64url')
  }

  /** A source can be asked. */
  offer(source: Source): void {
    if (this.#isOver) return
    // The hash of an only piece is the root.
    if (this.#options.layout.pieceCount === 1) this.#end(this.#root)
    else this.#candidates.add(source)
    this.#askNext()
  }

  /** A source cannot be asked any more. */
  withdraw(source: Source): void {
    this.#candidates.delete(source)
  }

  /** Time has passed. */
  tick(): void {
    if (this.#askedAt === undefined) return
    if (this.#options.clock.monotonic() - this.#askedAt >= PATIENCE_MS) this.#askNext(true)
  }

  #askNext(isLate = false): void {
    const [source] = this.#candidates
    if (this.#isOver || source === undefined || (this.#askedAt !== undefined && !isLate)) return
    this.#candidates.delete(source)
    this.#askedAt = this.#options.clock.monotonic()
    void this.#ask(source)
  }

  async #ask(source: Source): Promise<void> {
    const { layout, onWrong } = this.#options
    try {
      // A copy, before it is looked at: the source could go on to write into its own.
      const layer = Buffer.from(await source.layer())
      if (this.#isOver) return
      if (arePiecesOf(layout.size, this.#root, layer)) return this.#end(layer)
      onWrong(source)
    } catch {
      // It is gone, which somebody else tells.
    }
    this.#askedAt = undefined
    this.#askNext()
  }

  #end(layer: Buffer): void {
    this.#isOver = true
    this.#candidates.clear()
    this.#options.onFound(layer)
  }
}
