// Plain JavaScript for the same reason as block-tree.js.
import {
  BLOCK_BYTES,
  foldLayer,
  HASH_BYTES,
  hashBlock,
  levelsAbove,
  MAX_PIECE_LEVEL,
  MAX_PIECES,
  MIN_PIECE_LEVEL,
  zeroRoot,
} from './block-tree.js'

export class ContentHasher {
  #size = 0
  // Room is made when it is needed: most files are small.
  #block = Buffer.alloc(0)
  #held = 0
  // Left siblings that wait for their right ones, by level, each in the first half of a pair.
  #waiting = []
  #isWaiting = new Array(MAX_PIECE_LEVEL).fill(false)
  #layer = Buffer.allocUnsafe(HASH_BYTES)
  #pieces = 0
  #pieceLevel = MIN_PIECE_LEVEL

  update(bytes) {
    let at = 0
    if (this.#held > 0) {
      at = Math.min(BLOCK_BYTES - this.#held, bytes.length)
      this.#block.set(bytes.subarray(0, at), this.#held)
      this.#held += at
      if (this.#held === BLOCK_BYTES) {
        this.#add(hashBlock(this.#block), 0)
        this.#held = 0
      }
    }
    for (; at + BLOCK_BYTES <= bytes.length; at += BLOCK_BYTES) {
      this.#add(hashBlock(bytes.subarray(at, at + BLOCK_BYTES)), 0)
    }
    if (at < bytes.length) {
      if (this.#block.length === 0) this.#block = Buffer.allocUnsafe(BLOCK_BYTES)
      this.#block.set(bytes.subarray(at), this.#held)
      this.#held += bytes.length - at
    }
    this.#size += bytes.length
    return this
  }

  digest() {
    if (this.#held > 0) this.#add(hashBlock(this.#block.subarray(0, this.#held)), 0)
    this.#held = 0
    if (this.#pieces === 0) this.#finishOnlyPiece()
    // A last piece that makes one too many doubles the piece size, and then waits for its end once more.
    while (this.#isWaiting.includes(true)) this.#finishLastPiece()

    const pieceSize = BLOCK_BYTES << this.#pieceLevel
    const pieces = Buffer.from(this.#layer.subarray(0, this.#pieces * HASH_BYTES))
    if (this.#pieces === 0) return { size: 0, root: hashBlock(new Uint8Array(0)), pieceSize, pieces }
    foldLayer(this.#layer, this.#pieces, this.#pieceLevel, this.#pieceLevel + levelsAbove(this.#pieces))
    return { size: this.#size, root: Buffer.from(this.#layer.subarray(0, HASH_BYTES)), pieceSize, pieces }
  }

  #add(hash, level) {
    let node = hash
    let at = level
    for (; at < this.#pieceLevel; at++) {
      this.#waiting[at] ??= Buffer.allocUnsafe(2 * HASH_BYTES)
      const pair = this.#waiting[at]
      if (!this.#isWaiting[at]) {
        node.copy(pair, 0)
        this.#isWaiting[at] = true
        return
      }
      node.copy(pair, HASH_BYTES)
      this.#isWaiting[at] = false
      node = hashBlock(pair)
    }
    if (this.#pieces === MAX_PIECES && this.#pieceLevel < MAX_PIECE_LEVEL) {
      this.#pieces = foldLayer(this.#layer, this.#pieces, this.#pieceLevel, this.#pieceLevel + 1)
      this.#pieceLevel++
      this.#add(node, at)
      return
    }
    this.#append(node)
  }

  #append(hash) {
    const at = this.#pieces * HASH_BYTES
    if (at === this.#layer.length) this.#layer = Buffer.concat([this.#layer], 2 * at)
    hash.copy(this.#layer, at)
    this.#pieces++
  }

  // The only piece has a tree as high as its own blocks demand, rather than as a whole piece would.
  #finishOnlyPiece() {
    const top = this.#isWaiting.lastIndexOf(true)
    if (top < 0) return
    const isBalanced = this.#isWaiting.indexOf(true) === top
    this.#append(this.#takeWaiting(isBalanced ? top : top + 1))
  }

  #finishLastPiece() {
    const level = this.#pieceLevel
    this.#add(this.#takeWaiting(level), level)
  }

  // The node on `level` above all that waits; what lies behind is beyond the end of the file.
  #takeWaiting(level) {
    const lowest = this.#isWaiting.indexOf(true)
    let node = this.#waiting[lowest].subarray(0, HASH_BYTES)
    for (let at = lowest; at < level; at++) {
      const hasLeft = at !== lowest && this.#isWaiting[at]
      const left = hasLeft ? this.#waiting[at].subarray(0, HASH_BYTES) : node
      node = hashBlock(Buffer.concat([left, hasLeft ? node : zeroRoot(at)]))
    }
    this.#isWaiting.fill(false)
    return node
  }
}
