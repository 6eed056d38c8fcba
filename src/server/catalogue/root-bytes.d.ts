/** Of a root. */
export declare const ROOT_BYTES = 32
/** Of its text. */
export declare const ROOT_CHARACTERS = 43

/**
 * The bytes that a root is kept as, given its text, which stays what it is where it is the text of no root. They are
 * good until the next call.
 */
export declare function packRoot(text: Uint8Array, from: number, to: number): Uint8Array

/** The text that {@link packRoot} was given. */
export declare function unpackRoot(bytes: Buffer, from: number, to: number): string

/** Reads the text of a root to a place among bytes. @returns false where it is the text of none; what it wrote is nothing then */
export declare function readRoot(text: Uint8Array, from: number, bytes: Uint8Array, to: number): boolean
