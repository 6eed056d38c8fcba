import { describe, expect, it } from 'vitest'
import { search } from '../../../src/server/handlers/search.js'
import type { ReplyTo, SearchRequest } from '../../../src/wire/messages.js'
import { key, Locating } from './locating.js'

const A = [key(1), 1000] as const
const B = [key(2), 2000] as const

describe('a hit', () => {
  it('has the size and the number of sources of what locate would name', async () => {
    const n = new Locating()
    const hans = n.join('hans')
    for (const username of ['yoda', 'leia', 'luke', 'vader']) n.join(username)
    await n.publish('vader', 'a', B)
    for (const username of ['yoda', 'leia', 'offline']) await n.publish(username, 'a', A)
    await n.publish('luke', 'copy', A)
    await n.publish('luke', 'b', B)
    const hits = n.search(hans, '')
    expect(hits).toEqual([
      { name: 'a', size: 1000, sources: 3 },
      { name: 'b', size: 2000, sources: 2 },
      { name: 'copy', size: 1000, sources: 3 },
    ])
    for (const { name, size, sources } of hits) {
      const located = n.locate(hans, { name })
      expect([located.size, located.sources.length]).toEqual([size, sources])
    }
  })

  it('is only what the asker can fetch: in its way of transferring, and not its own', async () => {
    const n = new Locating()
    const [hans, luke] = [n.join('hans'), n.join('luke', 'classic')]
    n.join('yoda')
    n.join('leia', 'classic')
    await n.publish('yoda', 'sealed', A)
    await n.publish('yoda', 'unknown')
    await n.publish('leia', 'classic')
    await n.publish('yoda', 'own', A)
    await n.publish('hans', 'own', A)
    expect(n.search(hans, '')).toEqual([{ name: 'sealed', size: 1000, sources: 1 }])
    expect(n.search(luke, '')).toEqual([{ name: 'classic', sources: 1 }])
  })
})

describe('a page of hits', () => {
  it('holds no more than fit a datagram, whatever was asked for, and says where the next begins', async () => {
    const n = new Locating()
    const hans = n.join('hans')
    n.join('yoda')
    const names = Array.from({ length: 60 }, (_, at) => `${String(at).padStart(2, '0')}${'x'.repeat(98)}`)
    for (const name of names) await n.publish('yoda', name, A)
    const found: string[] = []
    for (let after: string | undefined; ; ) {
      const more = { limit: 100, ...(after === undefined ? {} : { after }) }
      const page = search(n.context, hans, { type: 'search', query: 'x', ...more }) as ReplyTo<SearchRequest>
      // 1,160 bytes have room for no more of them.
      expect(page.items.length).toBeLessThan(10)
      found.push(...page.items.map(({ name }) => name))
      if (!page.more) break
      expect(page.next).toBe(found.at(-1))
      after = page.next
    }
    expect(found).toEqual(names)
    expect(n.search(hans, 'x')).toHaveLength(60)
  })
})

describe('a search below a folder', () => {
  it('gives the names that begin so and contain the text, page by page', async () => {
    const n = new Locating()
    const hans = n.join('hans')
    n.join('yoda')
    for (const name of ['a', 'photos/1.jpg', 'photos/2.png', 'photos/3.jpg', 'photos-old/1.jpg']) {
      await n.publish('yoda', name, A)
    }
    const names = (query: string, more: object) => n.search(hans, query, more).map(({ name }) => name)
    expect(names('', { prefix: 'photos/' })).toEqual(['photos/1.jpg', 'photos/2.png', 'photos/3.jpg'])
    expect(names('jpg', { prefix: 'photos/' })).toEqual(['photos/1.jpg', 'photos/3.jpg'])
    expect(names('', { prefix: 'photos/', limit: 2 })).toEqual(['photos/1.jpg', 'photos/2.png'])
    expect(names('', { prefix: 'photos/', limit: 2, after: 'photos/2.png' })).toEqual(['photos/3.jpg'])
    expect(names('', { prefix: '' })).toHaveLength(5)
  })

  it('of one user gives what that user offers, with the size that it has there', async () => {
    const n = new Locating()
    const hans = n.join('hans')
    for (const username of ['yoda', 'leia', 'luke']) n.join(username)
    await n.publish('yoda', 'd/a', A)
    await n.publish('luke', 'd/a', A)
    await n.publish('leia', 'd/a', B)
    await n.publish('leia', 'd/b', B)
    await n.publish('yoda', 'd/c', A)
    expect(n.search(hans, '', { prefix: 'd/', from: 'leia' })).toEqual([
      { name: 'd/a', size: 2000, sources: 1 },
      { name: 'd/b', size: 2000, sources: 1 },
    ])
    expect(n.search(hans, '', { from: 'hans' })).toEqual([])
    expect(n.search(hans, '', { from: 'nobody' })).toEqual([])
  })

  it('is refused for a prefix that no name can have', () => {
    const n = new Locating()
    const hans = n.join('hans')
    for (const prefix of ['a\u0000', '\ud800', 'ü'.repeat(257)]) {
      expect(() => n.search(hans, '', { prefix })).toThrow(
        expect.objectContaining({ code: 'INVALID_NAME', message: expect.stringMatching(/^The prefix /) }),
      )
    }
  })
})

describe('a search for words', () => {
  it('gives the names that contain all of them, capitals or not', async () => {
    const n = new Locating()
    const hans = n.join('hans')
    n.join('yoda')
    for (const name of ['Report Final.pdf', 'final/report.txt', 'report.txt'])
      await n.publish('yoda', name, A)
    const names = (query: string, more: object) => n.search(hans, query, more).map(({ name }) => name)
    expect(names('report', { words: ['FINAL'], ignoreCase: true })).toEqual([
      'Report Final.pdf',
      'final/report.txt',
    ])
    expect(names('report', { words: ['final'] })).toEqual(['final/report.txt'])
    expect(() => n.search(hans, 'a', { words: ['b\u0000'] })).toThrow(
      expect.objectContaining({ code: 'INVALID_NAME' }),
    )
  })
})
