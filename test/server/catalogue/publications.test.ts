import { describe, expect, it } from 'vitest'
import type { CatalogueEntry } from '../../../src/index.js'
import { NameSteps } from '../../../src/server/catalogue/name-steps.js'
import { NONE } from '../../../src/server/catalogue/none.js'
import { Publications } from '../../../src/server/catalogue/publications.js'
import { TextCursor } from '../../../src/server/catalogue/text-cursor.js'
import { SeededRandom } from '../../helpers/lossy-network.js'
import { textsOf } from '../../helpers/texts.js'

const AT = new Date(0)
const search = { includes: () => true }
const entry = (name: string): CatalogueEntry => ({ username: 'hans', name, publishedAt: AT })

/** Names of words, of which some are frequent and others rare. */
function someNames(count: number, seed: number): string[] {
  const random = new SeededRandom(seed)
  const word = (): string =>
    Math.floor(1 / (random.fraction() + 1e-4))
      .toString(36)
      .padStart(3, 'w')
  return [...new Set(Array.from({ length: count }, () => `${word()}/${word()} ${word()}.${word()}`))]
}

/** As they are read from a file. */
function loaded(names: readonly string[]): Publications {
  const publications = new Publications()
  const sorted = [...names].sort()
  const loader = publications.loader()
  loader.begin(sorted.length, ['hans'])
  const numbers = (): Float64Array => new Float64Array(sorted.length)
  loader.read({
    users: new Uint32Array(sorted.length),
    names: textsOf(sorted),
    steps: new NameSteps().of(textsOf(sorted)),
    roots: textsOf(sorted.map(() => '')),
    audiences: textsOf(sorted.map(() => '')),
    sizes: numbers(),
    times: numbers(),
    keys: numbers(),
  })
  loader.end()
  return publications
}

/** All names that match, in as many pages as it takes. */
function allPages(
  publications: Publications,
  words: readonly string[],
  limit = 50,
): { names: string[]; pages: number } {
  const names: string[] = []
  for (let pages = 1, after: string | undefined; ; pages++) {
    const page = publications.search({ ...search, words, limit, ...(after === undefined ? {} : { after }) })
    names.push(...page.names)
    if (page.next === undefined) return { names, pages }
    after = page.next
  }
}

describe('a large catalogue', () => {
  const names = someNames(60_000, 1)
  const queries = [
    ['www'],
    ['w'],
    ['2w'],
    ['7', 'ww1'],
    ['rare'],
    ['ww1/ww1'],
    ['9zz'],
    ['.3k'],
    ['ww2 ww5', '1'],
  ]

  it('finds all, with its names prepared or not, or half of them', () => {
    const publications = loaded(names)
    const check = (): void => {
      for (const words of queries) {
        const expected = names.filter((name) => words.every((word) => name.includes(word))).sort()
        expect(allPages(publications, words, 500).names).toEqual(expected)
      }
    }
    check()
    publications.prepare(30_000)
    check()
    while (!publications.prepare(1_000));
    check()
  })

  it('needs one page for what is rare, when it is prepared', () => {
    const publications = loaded([...names, 'zz/needle.txt'])
    // Each name would have to be looked at, which is more than a request may take.
    expect(allPages(publications, ['needle']).pages).toBeGreaterThan(1)
    while (!publications.prepare(1_000));
    expect(allPages(publications, ['needle'])).toEqual({ names: ['zz/needle.txt'], pages: 1 })
    expect(allPages(publications, ['nothing'])).toEqual({ names: [], pages: 1 })
    expect(allPages(publications, ['q'.repeat(200)]).pages).toBe(1)
  })

  it('goes on with the next page where a query would take too long', () => {
    const publications = loaded(names)
    while (!publications.prepare(1_000));
    let asked = 0
    const nobody = { words: ['w'], limit: 50, includes: () => ++asked < 0 }
    const page = publications.search(nobody)
    expect(page.names).toEqual([])
    expect(page.next).toBeDefined()
    expect(asked).toBeLessThan(20_000)
    let pages = 1
    for (let { next } = page; next !== undefined; pages++)
      next = publications.search({ ...nobody, after: next }).next
    expect(pages).toBeGreaterThan(2)
    expect(asked).toBe(names.length)
  })
})

describe('a catalogue of which much goes and comes', () => {
  it.each([
    ['from nothing', 0],
    ['and was loaded', 15_000],
  ])('%s, finds what is there, and gives the room of the others to new ones', (_from, count) => {
    const random = new SeededRandom(3)
    const pool = someNames(30_000, 4)
    const there = new Set(pool.slice(0, count))
    const publications = loaded([...there])
    // Some of what comes and goes does before all is prepared.
    publications.prepare(count / 3)
    const publish = (name: string): void => {
      if (there.has(name)) return
      publications.add(entry(name), 0)
      there.add(name)
    }
    const unpublish = (name: string): void => {
      if (!there.delete(name)) return
      publications.delete(publications.find('hans', name))
    }
    const queries = [['www'], ['12'], ['w'], ['7.'], ['ww1', 'ww2'], ['ww1/ww2 ww'], ['ww3', '.ww']]
    const check = (): void => {
      for (const words of queries) {
        const expected = [...there].filter((name) => words.every((word) => name.includes(word))).sort()
        expect(allPages(publications, words, 1000).names).toEqual(expected)
      }
      const found = pool.filter((name) => publications.find('hans', name) !== NONE)
      expect(found).toEqual(pool.filter((name) => there.has(name)))
    }
    for (let round = 0; round < 6; round++) {
      if (round === 1) {
        while (!publications.prepare(1_000));
        check()
      }
      for (const name of pool) if (random.fraction() < 0.7) publish(name)
      check()
      for (const name of pool) if (random.fraction() < 0.6) unpublish(name)
      check()
      expect(publications.size).toBe(there.size)
    }
    for (const name of [...there]) unpublish(name)
    expect(publications.size).toBe(0)
    expect(allPages(publications, ['w']).names).toEqual([])
    expect(publications.find('hans', pool[0] as string)).toBe(NONE)
  })

  it('keeps names in order wherever they are put, one before the other a thousand times', () => {
    const publications = new Publications()
    const names = ['a', 'z']
    for (const name of names) publications.add(entry(name), 0)
    for (let at = 3000; at > 0; at--) {
      const name = `m${String(at).padStart(5, '0')}`
      names.push(name)
      publications.add(entry(name), 0)
    }
    expect(publications.publishedBy('hans', {}).map(({ name }) => name)).toEqual(names.sort())
    expect(publications.publishedBy('hans', { prefix: 'm002', limit: 3 }).map(({ name }) => name)).toEqual([
      'm00200',
      'm00201',
      'm00202',
    ])
  })
})

describe('texts that are loaded', () => {
  it('are read one behind the other, empty ones too', () => {
    const cursor = new TextCursor(textsOf(['ä', '', 'bc']))
    const texts = Array.from({ length: 3 }, () => {
      cursor.next()
      return cursor.text
    })
    expect(texts).toEqual(['ä', undefined, 'bc'])
    expect(() => cursor.next()).toThrow('a text too few')
  })

  it.each([
    ['behind the bytes', [4]],
    ['before the one before', [2, 1]],
  ])('are refused where one ends %s', (_, ends) => {
    const cursor = new TextCursor({ bytes: Buffer.from('abc'), ends: Uint32Array.from(ends) })
    expect(() => {
      for (const _end of ends) cursor.next()
    }).toThrow('a text too few')
  })
})
