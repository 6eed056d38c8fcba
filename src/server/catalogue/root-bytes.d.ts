/**
 * The bytes that a root is kept as, given its text, which stays what it is where it is the text of no root. They are
 * good until the next call.
 */
export declare function packRoot(text: Uint8Array, from: number, to: number): Uint8Array

/** The text that {@link packRoot} was given. */
export declare function unpackRoot(bytes: Buffer, from: number, to: number): string
