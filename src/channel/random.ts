import { randomBytes } from 'node:crypto'

/** Where keys, indexes and jitter come from: replaced in tests, so that they repeat. */
export interface RandomSource {
  /** Unpredictable bytes. */
  bytes(length: number): Buffer
  /** At least 0, below 1; need not be unpredictable. */
  fraction(): number
}

/** The machine's random generator. */
export const systemRandom: RandomSource = { bytes: (length) => randomBytes(length), fraction: Math.random }

/** An index that nobody can guess and that is not taken; never 0, which stands for none. */
export function randomIndex(random: RandomSource, taken: (index: number) => boolean): number {
  for (;;) {
    const index = random.bytes(4).readUInt32BE(0)
    if (index !== 0 && !taken(index)) return index
  }
}
