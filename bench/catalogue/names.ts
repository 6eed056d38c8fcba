import type { CatalogueEntry } from '../../src/index.js'

/** Publishers of the catalogue. */
export const USERS = 1_000

// Mulberry32: the same names in each run.
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const SYLLABLES =
  'an ar ba be bo ca ce co da de di do en er fa fi ga go ha he in ka ki la le li lo ma me mi mo na ne no or pa pe po ra re ri ro sa se si so ta te ti to un va ve vi wa we yo'.split(
    ' ',
  )
const KINDS = ['jpg', 'jpg', 'jpg', 'jpg', 'mp4', 'pdf', 'pdf', 'txt', 'csv', 'tar.gz', 'flac', 'png', 'docx']
const PLACES = ['photos', 'music', 'projects', 'datasets', 'talks', 'backups', 'papers', 'Videos']

/**
 * Publications as people make them: folder by folder, with words of which few are frequent and most are rare, years,
 * running numbers, some capitals and some accents. One in ten has a name or a content that somebody else has too.
 */
export function* publications(count: number, seed = 1): IterableIterator<CatalogueEntry> {
  const random = seeded(seed)
  const below = (end: number): number => Math.floor(random() * end)
  const words = Array.from({ length: 20_000 }, () => {
    let word = ''
    for (let left = 2 + below(3); left > 0; left--) word += SYLLABLES[below(SYLLABLES.length)]
    return word
  })
  // Zipf's law, about: the first words are everywhere.
  const word = (): string => words[Math.floor(words.length ** random()) - 1] as string
  const cased = (text: string): string => (random() < 0.3 ? text[0]?.toUpperCase() + text.slice(1) : text)
  const publishedFrom = Date.UTC(2024, 0, 1)
  const known: CatalogueEntry[] = []
  for (let made = 0; made < count; ) {
    const username = `user-${below(USERS)}`
    const folder = [PLACES[below(PLACES.length)], 2005 + below(20), `${cased(word())} ${word()}`].join('/')
    const kind = KINDS[below(KINDS.length)]
    for (let file = 1 + below(60); file > 0 && made < count; file--, made++) {
      const publishedAt = new Date(publishedFrom + made * 1000)
      const copied = random() < 0.1 ? known[below(known.length)] : undefined
      if (copied !== undefined) {
        yield { ...copied, username: `user-${below(USERS)}`, publishedAt }
        continue
      }
      const title = kind === 'jpg' ? `IMG_${1000 + below(9000)}` : `${cased(word())}-${word()}-${word()}`
      const accent = random() < 0.05 ? ' – été' : ''
      const name = `${folder}/${title}${accent}-${made.toString(36)}.${kind}`.normalize('NFC')
      const root = Buffer.alloc(32)
      for (let at = 0; at < 32; at += 4) root.writeUInt32LE(below(2 ** 32), at)
      const entry = {
        username,
        name,
        root: root.toString('base64url'),
        size: Math.floor(10 ** (3 + 7 * random())),
        publishedAt,
      }
      if (known.length < 10_000) known.push(entry)
      yield entry
    }
  }
}
