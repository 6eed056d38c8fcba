/** Negative where the text in `a` comes before that in `b`, 0 where they are the same. */
export declare function compareBytes(
  a: Uint8Array,
  aFrom: number,
  aTo: number,
  b: Uint8Array,
  bFrom: number,
  bTo: number,
): number
