/** BEP 52: the leaves of the tree are hashes of blocks of this size; only the last block of a file may be shorter. */
export declare const BLOCK_BYTES: 16_384
/** SHA-256. */
export declare const HASH_BYTES: 32

/** The level of a node is how many levels it stands above the leaves: a smallest piece is 2^3 blocks, 128 KiB. */
export declare const MIN_PIECE_LEVEL: 3
/** A largest piece is 2^10 blocks, 16 MiB: what one source can spoil, and what a receiver holds of leaf hashes. */
export declare const MAX_PIECE_LEVEL: 10
/** Pieces grow with the file rather than their number: a layer of 64 KiB, a bitfield of 256 bytes. */
export declare const MAX_PIECES: 2_048

/** SHA-256 of a block, or of two hashes side by side. */
export declare function hashBlock(block: Uint8Array): Buffer

/** The root of a subtree whose leaves are all beyond the end of the file. Shared: not to be written to. */
export declare function zeroRoot(level: number): Buffer

/**
 * Hashes the blocks of `bytes` one after the other; only the last may be short.
 *
 * @param target - where the leaf hashes go
 * @param at - number of the first of them in `target`
 * @returns the number behind the last one
 */
export declare function hashBlocks(bytes: Uint8Array, target: Buffer, at: number): number

/**
 * Computes an upper layer of the tree in place of a lower one. A node without a sibling is paired with the root of an
 * empty subtree.
 *
 * @param layer - `count` hashes one after the other; overwritten
 * @returns how many hashes the upper layer has
 */
export declare function foldLayer(layer: Buffer, count: number, fromLevel: number, toLevel: number): number

/** How many levels stand above this many nodes up to and with their common root. */
export declare function levelsAbove(count: number): number
