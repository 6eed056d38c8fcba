import type { Texts } from '../../src/server/catalogue/text-cursor.js'

/** Texts as they are read from a file. */
export function textsOf(texts: readonly string[]): Texts {
  let end = -1
  const ends = Uint32Array.from(texts, (text) => {
    end += 1 + Buffer.byteLength(text)
    return end
  })
  return { bytes: Buffer.from(texts.join('\n')), ends }
}
