import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { zeroRoot } from '../../src/content/block-tree.js'
import { arePiecesOf, EMPTY_ROOT, rootOfPieces } from '../../src/content/content.js'
import { ContentHasher } from '../../src/content/content-hasher.js'
import { ContentLayout } from '../../src/content/content-layout.js'
import { naivePieces, naiveRoot, patterned } from './naive-tree.js'

const KiB = 1024
const MiB = 1024 * KiB

// What beps/bep_0052_torrent_creator.py, which BEP 52 links to, says of files whose byte at i is i % 251, with pieces
// of 128 KiB: size, "pieces root", SHA-256 of the piece layer.
const REFERENCE: readonly (readonly [size: number, root: string, layer: string])[] = [
  [1, '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d', '1406e05881e29936'],
  [16383, 'e08c7d58e58b9318263144a618d6f2b6f6825974decd9e6f9371567354b6f566', '1e531c6445a0f6c6'],
  [16384, '4348e3b98e8a327b34ced39c1da9e67cdb4cd5e48e4d7960607a3ae403d35f0c', '095f69c7a25d10fa'],
  [16385, '9d7887c65d577a0237fb3c0998b87b3a62762d03796889a2caea01db914ccbb8', 'bee8ffe45d495d0b'],
  [49152, 'c23d35ec942288a7d9b58d1d0446a76104660b7c72e5cf39f38bddb028ff8ca0', 'e2a38a3ab21f9b2d'],
  [131071, '003192617a55ed79e49981e283ff0521d98ee6ab4f12ad0a1f163ee639e7bcd1', 'd2ab56d49a345ae5'],
  [131072, '09fcc645f49bdda7719fde41331e0a48e3c6cef3c7e8d812e16dd60c39c7cc99', '2a014588c73db0e7'],
  [131073, '5446ca1bc649f253d098e69b174d80f4de50bfd1eeb7f28f9cf42f21449ac070', '5446ca1bc649f253'],
  [300000, '1c5fb49bf57e0e945d9428a1798ddc8acc5dc57e19aa0c9bb1ed90e9b7885ee1', 'b966edf9135dd842'],
  [1048576, 'cedf940612ac628d0e1eb980ad20f8cc17ea41c89b5f50e0afec0e1cc5c2d997', '7be69afc20195a28'],
  [1500000, '8f4b85433c79abc16c56d0055b8207bd7a6d4cb06915ecdb61f834b05ad5926b', 'a83fe3072987751d'],
]

const SIZES = [
  0, 1, 16_383, 16_384, 16_385, 32_768, 32_769, 49_153, 81_920, 131_071, 131_072, 131_073, 262_144, 262_145,
  393_216, 655_361, 1_000_003,
]

const hashed = (bytes: Uint8Array) => new ContentHasher().update(bytes).digest()

describe('the root and the piece layer', () => {
  it.each(REFERENCE)('are those of the reference creator for %i bytes', (size, root, layer) => {
    const content = hashed(patterned(size))
    expect(content.root.toString('hex')).toBe(root)
    expect(createHash('sha256').update(content.pieces).digest('hex').slice(0, 16)).toBe(layer)
  })

  it.each(SIZES)('are those of the naive computation for %i bytes', (size) => {
    const bytes = patterned(size)
    const content = hashed(bytes)
    expect(content).toMatchObject({ size, pieceSize: 128 * KiB })
    expect(content.root).toEqual(size === 0 ? createHash('sha256').digest() : naiveRoot(bytes))
    expect(content.pieces).toEqual(naivePieces(bytes, 128 * KiB))
  })

  it('do not depend on how the bytes are split', () => {
    const bytes = patterned(700_001)
    const whole = hashed(bytes)
    const cuts = fc.array(fc.integer({ min: 0, max: bytes.length }), { maxLength: 30 })
    fc.assert(
      fc.property(cuts, (positions) => {
        const hasher = new ContentHasher()
        let from = 0
        for (const to of [...positions.sort((a, b) => a - b), bytes.length]) {
          hasher.update(bytes.subarray(from, to))
          from = to
        }
        expect(hasher.digest()).toEqual(whole)
      }),
      { numRuns: 30 },
    )
  })

  // Past 256 MiB at 128 KiB: the pieces double. The bytes are one MiB over and over, to be quick.
  it.each([
    [256 * MiB, 128 * KiB, 2048],
    [256 * MiB + 1, 256 * KiB, 1025],
    [512 * MiB + 300_000, 512 * KiB, 1025],
  ])('of %i bytes come in pieces of %i', { timeout: 30_000 }, (size, pieceSize, pieceCount) => {
    const mebibyte = patterned(MiB)
    const hasher = new ContentHasher()
    for (let at = 0; at < size; at += MiB) hasher.update(mebibyte.subarray(0, Math.min(MiB, size - at)))
    const content = hasher.digest()
    expect(content).toMatchObject({ size, pieceSize })
    expect(content.pieces).toHaveLength(pieceCount * 32)
    expect(new ContentLayout(size)).toMatchObject({ pieceSize, pieceCount })

    const repeating = naivePieces(Buffer.concat([mebibyte, mebibyte]), pieceSize).subarray(
      0,
      (MiB / pieceSize) * 32,
    )
    const rest = size % MiB
    const full = Buffer.concat(Array.from({ length: Math.floor(size / MiB) }, () => repeating))
    // The first byte of a whole file before it makes the rest an inner piece, padded to its full width.
    const last =
      rest === 0
        ? []
        : [
            naivePieces(
              Buffer.concat([Buffer.alloc(pieceSize), mebibyte.subarray(0, rest)]),
              pieceSize,
            ).subarray(32),
          ]
    expect(content.pieces.equals(Buffer.concat([full, ...last]))).toBe(true)
    expect(arePiecesOf(size, content.root, content.pieces)).toBe(true)
  })
})

describe('the padding', () => {
  // The published roots of empty trees of SHA-256 over zero leaves, as of Ethereum's deposit contract.
  it.each([
    [0, '0000000000000000000000000000000000000000000000000000000000000000'],
    [1, 'f5a5fd42d16a20302798ef6ed309979b43003d2320d9f0e8ea9831a92759fb4b'],
    [2, 'db56114e00fdd4c1f85c892bf35ac9a89289aaecb1ebd0a96cde606a748b5d71'],
    [3, 'c78009fdf07fc56a11f122370658a353aaa542ed63e44c4bc15ff4cd105ab33c'],
  ])('of level %i is the root of zero leaves', (level, root) => {
    expect(zeroRoot(level).toString('hex')).toBe(root)
  })
})

describe('a piece layer', () => {
  it('gives back the root, and nothing else does', () => {
    for (const size of SIZES) {
      const { root, pieces } = hashed(patterned(size))
      expect(rootOfPieces(size, pieces)).toEqual(root)
      expect(arePiecesOf(size, root, pieces)).toBe(true)
      expect(arePiecesOf(size, root, Buffer.concat([pieces, Buffer.alloc(32)]))).toBe(false)
      expect(arePiecesOf(size, root.subarray(1), pieces)).toBe(false)
      expect(arePiecesOf(-1, root, pieces)).toBe(false)
      if (size === 0) continue
      expect(arePiecesOf(size, EMPTY_ROOT, pieces)).toBe(false)
      const spoiled = Buffer.from(pieces)
      spoiled[spoiled.length - 1] = (spoiled[spoiled.length - 1] ?? 0) ^ 1
      expect(arePiecesOf(size, root, spoiled)).toBe(false)
      expect(arePiecesOf(size, root, pieces.subarray(32))).toBe(false)
    }
  })

  it('is left as it was by the check', () => {
    const { size, root, pieces } = hashed(patterned(400_000))
    const before = Buffer.from(pieces)
    arePiecesOf(size, root, pieces)
    expect(pieces).toEqual(before)
  })
})
