import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { CatalogueEntry, CatalogueStore } from '../../../src/server/catalogue/catalogue-store.js'

const AT = new Date('2030-01-01T00:00:00Z')
const R1 = { root: 'R', size: 1 }
const everyone = (): boolean => true
const entry = (username: string, name: string, publishedAt: Date = AT): CatalogueEntry => ({
  username,
  name,
  publishedAt,
})

const contentOf = ({ root, size }: CatalogueEntry): string => `${root} ${size}`

/** What every CatalogueStore does: run it against a store of each kind. */
export function describeCatalogueStore(kind: string, make: () => CatalogueStore, runs = 50): void {
  describe(`${kind} keeps the contract of CatalogueStore`, () => {
    let store: CatalogueStore

    beforeEach(async () => {
      store = make()
      await store.open()
    })
    afterEach(() => store.close())

    const offersOf = (root: string) => [...store.offersOf(root)]
    const search = (text: string, more: object = {}) =>
      store.search({ words: [text], matchCase: true, includes: everyone, ...more }).names

    it('begins empty', () => {
      expect(store.size).toBe(0)
      expect(store.count('hans')).toBe(0)
      expect(store.has('hans', 'a')).toBe(false)
      expect(store.offers('a')).toEqual([])
      expect(offersOf('R')).toEqual([])
      expect(store.publishedBy('hans')).toEqual([])
      expect(search('')).toEqual([])
    })

    it('publishes once, and keeps the first time', async () => {
      expect(await store.publish(entry('hans', 'a'))).toBe(true)
      expect(await store.publish(entry('hans', 'a', new Date(0)))).toBe(false)
      expect(store.size).toBe(1)
      expect(store.publishedBy('hans')).toEqual([entry('hans', 'a')])
    })

    it('publishes several, each as if alone, and says what came of each', async () => {
      const [first, other] = [entry('hans', 'a'), { ...entry('hans', 'b'), ...R1 }]
      const results = await store.publishAll([
        first,
        entry('hans', ''),
        other,
        entry('hans', 'a', new Date(0)),
      ])
      expect(results).toEqual([true, expect.objectContaining({ code: 'INVALID_NAME' }), true, false])
      expect(store.publishedBy('hans')).toEqual([first, other])
      expect(await store.publishAll([other, { ...first, ...R1 }, entry('yoda', 'a')])).toEqual([
        false,
        false,
        true,
      ])
      expect(store.offers('a')).toEqual([{ ...first, ...R1 }, entry('yoda', 'a')])
      expect(await store.publishAll([])).toEqual([])
    })

    it('unpublishes what is there, and nothing else', async () => {
      await store.publish(entry('hans', 'a'))
      await store.publish(entry('yoda', 'a'))
      expect(await store.unpublish('hans', 'b')).toBe(false)
      expect(await store.unpublish('vader', 'a')).toBe(false)
      expect(await store.unpublish('hans', 'a')).toBe(true)
      expect(await store.unpublish('hans', 'a')).toBe(false)
      expect(store.offers('a')).toEqual([entry('yoda', 'a')])
      expect(store.size).toBe(1)
    })

    it('gives offers in the order in which they came, with what they say of the content', async () => {
      const offers = [entry('vader', 'a'), { ...entry('hans', 'a'), ...R1 }, entry('yoda', 'a')]
      for (const offer of offers) await store.publish(offer)
      await store.publish(entry('hans', 'b'))
      expect(store.offers('a')).toEqual(offers)
      expect(store.publishedBy('hans')).toEqual([offers[1], entry('hans', 'b')])
    })

    it('keeps who may see an offer, and takes another audience for another offer', async () => {
      const offer = { ...entry('hans', 'a'), ...R1, audience: '@design yoda' }
      expect(await store.publish(offer)).toBe(true)
      expect(await store.publish({ ...offer, publishedAt: new Date(0) })).toBe(false)
      expect(store.offers('a')).toEqual([offer])
      const seen: (string | undefined)[] = []
      const includes = ({ audience }: CatalogueEntry): boolean => seen.push(audience) > 0
      expect(search('a', { includes })).toEqual(['a'])
      expect(seen).toEqual(['@design yoda'])
      for (const audience of ['yoda', undefined, '@design yoda']) {
        const { audience: _, ...open } = offer
        const changed = audience === undefined ? open : { ...open, audience }
        expect(await store.publish(changed)).toBe(false)
        expect(store.publishedBy('hans')).toEqual([changed])
      }
    })

    it('puts another content in the place of what was there, and nothing else', async () => {
      const later = new Date(AT.getTime() + 1000)
      await store.publish({ ...entry('hans', 'a'), ...R1 })
      await store.publish({ ...entry('yoda', 'a'), ...R1 })
      expect(await store.publish({ ...entry('hans', 'a', later), ...R1 })).toBe(false)
      expect(store.offers('a')[0]?.publishedAt).toEqual(AT)

      for (const content of [{ root: 'R', size: 2 }, { root: 'S', size: 2 }, {}]) {
        const changed = { ...entry('hans', 'a', later), ...content }
        expect(await store.publish(changed)).toBe(false)
        expect(store.offers('a')).toEqual([{ ...entry('yoda', 'a'), ...R1 }, changed])
        expect(store.publishedBy('hans')).toEqual([changed])
      }
      expect(offersOf('R')).toEqual([{ ...entry('yoda', 'a'), ...R1 }])
      expect(offersOf('S')).toEqual([])
      expect([store.size, store.count('hans'), search('a')]).toEqual([2, 1, ['a']])
    })

    it('finds all offers of a root, whatever their names and sizes', async () => {
      const offers = [
        { ...entry('hans', 'a'), ...R1 },
        { ...entry('yoda', 'b'), ...R1 },
        { ...entry('hans', 'c'), ...R1, size: 2 },
      ]
      for (const offer of offers) await store.publish(offer)
      await store.publish({ ...entry('hans', 'd'), root: 'S', size: 1 })
      expect(offersOf('R')).toEqual(offers)
      await store.unpublish('yoda', 'b')
      expect(offersOf('R')).toEqual([offers[0], offers[2]])
      await store.unpublish('hans', 'a')
      await store.unpublish('hans', 'c')
      expect(offersOf('R')).toEqual([])
      await store.publish(offers[1] as CatalogueEntry)
      expect(offersOf('R')).toEqual([offers[1]])
    })

    it('asks of each offer whether it counts, with what it says of the content', async () => {
      await store.publish({ ...entry('hans', 'a'), ...R1 })
      await store.publish(entry('yoda', 'b'))
      expect(search('', { includes: ({ root }: CatalogueEntry) => root === 'R' })).toEqual(['a'])
    })

    it('searches case-sensitively, each name once, without names that only those publish who do not count', async () => {
      await store.publish(entry('hans', 'Talk.mp4'))
      await store.publish(entry('yoda', 'Talk.mp4'))
      await store.publish(entry('yoda', 'talk.pdf'))
      expect(search('alk')).toEqual(['Talk.mp4', 'talk.pdf'])
      expect(search('T')).toEqual(['Talk.mp4'])
      expect(search('alk', { includes: ({ username }: CatalogueEntry) => username === 'hans' })).toEqual([
        'Talk.mp4',
      ])
      expect(search('alk', { includes: () => false })).toEqual([])
      // What the asker has is not worth finding, whoever else has it too.
      expect(search('alk', { excludeOwner: 'hans' })).toEqual(['talk.pdf'])
    })

    it('finds what contains every word, and takes capitals for small letters unless told otherwise', async () => {
      const names = [
        'Été/Größe ΟΔΟΣ.TXT',
        'été/größe οδος.txt',
        'ETE.txt',
        'a\u{1f600}B',
        'STRASSE',
        'straße',
      ]
      for (const name of names) await store.publish(entry('hans', name))
      const find = (words: string[], more: object = {}) =>
        [...store.search({ words, includes: everyone, ...more }).names].sort()
      expect(find([])).toEqual([...names].sort())
      expect(find(['ÉTÉ', 'txt'])).toEqual([names[0], names[1]].sort())
      // Greek has two small sigmas, and which of them it is depends on where in a word it stands.
      expect(find(['οδοσ'])).toEqual([names[0], names[1]].sort())
      expect(find(['ΟΔΟΣ', 'Größe'])).toEqual([names[0], names[1]].sort())
      expect(find(['ΟΔΟΣ'], { matchCase: true })).toEqual([names[0]])
      expect(find(['été', 'TXT'], { matchCase: true })).toEqual([])
      expect(find(['txt', ''])).toEqual(names.slice(0, 3).sort())
      expect(find(['\u{1f600}b'])).toEqual([names[3]])
      expect(find(['ß'])).toEqual([names[0], names[1], names[5]].sort())
      expect(find(['ss'])).toEqual([names[4]])
      for (const short of ['t', 'te', 'é', '😀', '.']) {
        const folded = names.filter((name) => name.toLowerCase().includes(short))
        expect(find([short])).toEqual(folded.sort())
      }
    })

    it('reads a search in pages that hold what was there all the time, each once, while others publish', async () => {
      const name = fc
        .tuple(fc.constantFrom('a', 'B/', 'ab', 'é'), fc.constantFrom('x', 'Y', 'é', 'xy'), fc.nat(30))
        .map(([folder, title, number]) => `${folder}${title}${number}`)
      const change = fc.record({ publish: fc.boolean(), name })
      const words = fc.array(fc.constantFrom('a', 'X', 'xy', 'é', '1', 'xy1', 'b/y'), { maxLength: 2 })
      await fc.assert(
        fc.asyncProperty(
          fc.uniqueArray(name, { maxLength: 60 }),
          fc.array(change, { maxLength: 60 }),
          words,
          fc.integer({ min: 1, max: 9 }),
          fc.boolean(),
          async (names, changes, words, limit, matchCase) => {
            const fresh = make()
            await fresh.open()
            for (const name of names) await fresh.publish(entry('hans', name))
            const fold = (text: string): string => (matchCase ? text : text.toLowerCase())
            const isHit = (name: string): boolean => words.every((word) => fold(name).includes(fold(word)))
            const always = new Set(names)
            const ever = new Set(names)
            const found: string[] = []
            const left = [...changes]
            for (let after: string | undefined; ; ) {
              const filter = { words, matchCase, limit, includes: everyone }
              const page = fresh.search(after === undefined ? filter : { ...filter, after })
              expect(page.names.length).toBeLessThanOrEqual(limit)
              found.push(...page.names)
              if (page.next === undefined) break
              after = page.next
              for (const { publish, name } of left.splice(0, 3)) {
                if (publish) await fresh.publish(entry('hans', name))
                else await fresh.unpublish('hans', name)
                if (publish) ever.add(name)
                else always.delete(name)
              }
            }
            expect(found).toEqual([...new Set(found)].sort())
            for (const name of always) if (isHit(name)) expect(found).toContain(name)
            for (const name of found) expect(isHit(name) && ever.has(name)).toBe(true)
            await fresh.close()
          },
        ),
        { numRuns: runs },
      )
    })

    it('takes names for what they are', async () => {
      for (const name of ['constructor', '__proto__', '%', '_', '*', "'; --", 'ünï 文']) {
        await store.publish(entry('hans', name))
        expect(search(name)).toContain(name)
      }
      expect(search('%')).toEqual(['%'])
      expect(search('_')).toEqual(['_', '__proto__'])
    })

    it('reads lists in pages that neither miss nor repeat a name', async () => {
      const names = Array.from({ length: 25 }, (_, index) => `file-${index}`)
      for (const name of names) await store.publish(entry('hans', name))
      const read = (list: (range: { after?: string; limit: number }) => readonly string[]): string[] => {
        const all: string[] = []
        for (;;) {
          const after = all.at(-1)
          const page = list({ limit: 7, ...(after === undefined ? {} : { after }) })
          if (page.length === 0) return all
          all.push(...page)
        }
      }
      const sorted = [...names].sort()
      expect(read((range) => store.publishedBy('hans', range).map(({ name }) => name))).toEqual(sorted)
      expect(read((range) => search('file', range))).toEqual(sorted)
    })

    it('finds what begins with a prefix, wherever its neighbours sort', async () => {
      const below = ['photos/a', 'photos/b/c', 'photos/\uffff', 'photos/\u{1f600}']
      for (const name of [
        'photo',
        'photos',
        'photos-old/a',
        'photos0',
        'Photos/a',
        'my/photos/a',
        ...below,
      ]) {
        await store.publish(entry('hans', name))
      }
      await store.publish(entry('yoda', 'photos/of yoda'))
      const sorted = [...below, 'photos/of yoda'].sort()
      expect(search('', { prefix: 'photos/' })).toEqual(sorted)
      expect(search('', { prefix: 'photos/', excludeOwner: 'hans' })).toEqual(['photos/of yoda'])
      expect(search('c', { prefix: 'photos/' })).toEqual(['photos/b/c'])
      expect(search('', { prefix: 'photos/', limit: 2 })).toEqual(sorted.slice(0, 2))
      expect(search('', { prefix: 'photos/', after: 'photos/a', limit: 1 })).toEqual([sorted[1]])
      // A place in front of all of them, and one behind.
      expect(search('', { prefix: 'photos/', after: 'Photos/a' })).toEqual(sorted)
      expect(search('', { prefix: 'photos/', after: 'photos0' })).toEqual([])
      expect(search('', { prefix: 'none/' })).toEqual([])
      const own = store.publishedBy('hans', { prefix: 'photos/', after: 'photos/a' }).map(({ name }) => name)
      expect(own).toEqual(below.slice(1).sort())
    })

    it('does what a plain list would do', async () => {
      const username = fc.constantFrom('hans', 'yoda', 'vader')
      const name = fc.constantFrom('a', 'b', 'ab', 'abc', 'B')
      const content = fc.constantFrom({}, R1, { root: 'R', size: 2 }, { root: 'S', size: 1 })
      const operation = fc.record({ publish: fc.boolean(), username, name, content })
      const range = fc.record(
        { prefix: fc.constantFrom('', 'a', 'ab', 'B'), after: name, limit: fc.nat(3) },
        { requiredKeys: [] },
      )
      await fc.assert(
        fc.asyncProperty(
          fc.array(operation, { maxLength: 40, size: 'max' }),
          username,
          name,
          range,
          async (operations, who, what, { prefix = '', after = '', limit = 99 }) => {
            const fresh = make()
            await fresh.open()
            let model: CatalogueEntry[] = []
            for (const { publish, username, name, content } of operations) {
              const isIt = (known: CatalogueEntry) => known.username === username && known.name === name
              const former = model.find(isIt)
              const offer = { ...entry(username, name), ...content }
              if (publish) {
                expect(await fresh.publish(offer)).toBe(former === undefined)
                if (former !== undefined && contentOf(former) === contentOf(offer)) continue
              } else {
                expect(await fresh.unpublish(username, name)).toBe(former !== undefined)
              }
              model = model.filter((known) => !isIt(known))
              if (publish) model.push(offer)
            }
            expect(fresh.offers(what)).toEqual(model.filter((known) => known.name === what))
            expect([...fresh.offersOf('R')]).toEqual(model.filter((known) => known.root === 'R'))
            const own = model.filter((known) => known.username === who).map((known) => known.name)
            const found = new Set(
              model.filter((known) => known.name.includes(what)).map((known) => known.name),
            )
            expect(fresh.size).toBe(model.length)
            expect(fresh.count(who)).toBe(own.length)
            expect(fresh.publishedBy(who).map((known) => known.name)).toEqual(own.sort())
            const searched = { words: [what], matchCase: true, includes: everyone }
            expect(fresh.search(searched)).toEqual({ names: [...found].sort() })
            const part = (names: Iterable<string>): string[] =>
              [...names]
                .sort()
                .filter((known) => known.startsWith(prefix) && known > after)
                .slice(0, limit)
            const asked = { prefix, after, limit }
            expect(fresh.search({ ...searched, ...asked }).names).toEqual(part(found))
            expect(fresh.publishedBy(who, asked).map((known) => known.name)).toEqual(part(own))
            await fresh.close()
          },
        ),
        { numRuns: runs },
      )
    })
  })
}
