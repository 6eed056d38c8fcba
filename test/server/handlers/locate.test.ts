import { describe, expect, it } from 'vitest'
import { TicketVerifier } from '../../../src/transfer/ticket.js'
import { key, Locating } from './locating.js'

const A = [key(1), 1000] as const
const B = [key(2), 1000] as const
const code = (code: string) => expect.objectContaining({ code })

describe('to a peer with a certificate, locate', () => {
  it('names the content, the sources with their certificates, and permits to fetch it', async () => {
    const n = new Locating()
    const [hans, yoda] = [n.join('hans'), n.join('yoda')]
    await n.publish('yoda', 'a', A)
    const { ticket = '', ...reply } = n.locate(hans, { name: 'a' })
    expect(reply).toEqual({
      type: 'locate',
      sources: [{ username: 'yoda', host: '192.0.2.2', port: 6000, fingerprint: yoda.fingerprint }],
      root: A[0],
      size: A[1],
    })
    const verifier = new TicketVerifier(n.context.tickets.publicKey)
    const valid = await verifier.verify(ticket, A[0], hans.fingerprint ?? '', n.clock.now())
    expect(valid).toMatchObject({ username: 'hans', size: A[1], expiresAt: n.clock.now() + 60_000 })
  })

  it('names all who have the content, under whatever name, each once, and no other of that name', async () => {
    const n = new Locating()
    const hans = n.join('hans')
    for (const username of ['yoda', 'leia', 'luke', 'vader', 'han']) n.join(username)
    await n.publish('yoda', 'a', A)
    await n.publish('leia', 'a', A)
    await n.publish('luke', 'copy of a', A)
    await n.publish('luke', 'another copy of a', A)
    await n.publish('vader', 'a', B)
    // The same root says nothing where the size is another.
    await n.publish('han', 'a', [A[0], 999])
    await n.publish('offline', 'a', A)
    expect(n.whoHas(hans, { name: 'a' })).toEqual(['leia', 'luke', 'yoda'])
  })

  it('chooses the content that most active users offer under the name, of as many the newest', async () => {
    const n = new Locating()
    const hans = n.join('hans')
    for (const username of ['yoda', 'leia', 'vader']) n.join(username)
    await n.publish('offline', 'a', B)
    await n.publish('vader', 'a', B)
    await n.publish('yoda', 'a', A)
    expect(n.locate(hans, { name: 'a' }).root).toBe(A[0])
    await n.publish('leia', 'a', B)
    expect(n.locate(hans, { name: 'a' }).root).toBe(B[0])
    // One who offers another content now comes last with it.
    await n.publish('vader', 'a', A)
    await n.publish('leia', 'a', [key(3), 1])
    expect(n.locate(hans, { name: 'a' }).root).toBe(A[0])
    await n.publish('vader', 'a', B)
    expect(n.locate(hans, { name: 'a' }).root).toBe(B[0])
  })

  it('takes a content that is offered on for as old as it is', async () => {
    const n = new Locating()
    const hans = n.join('hans')
    for (const username of ['yoda', 'leia', 'luke', 'vader']) n.join(username)
    await n.publish('yoda', 'a', A)
    await n.publish('leia', 'a', B)
    await n.publish('luke', 'a', B)
    await n.publish('vader', 'a', A)
    expect(n.locate(hans, { name: 'a' }).root).toBe(B[0])
  })

  it('tells how many contents it has chosen from, of those that the asker could fetch', async () => {
    const n = new Locating()
    const hans = n.join('hans')
    for (const username of ['yoda', 'leia', 'luke', 'vader']) n.join(username)
    n.join('classic', 'classic')
    await n.publish('yoda', 'a', A)
    await n.publish('leia', 'a', A)
    await n.publish('offline', 'a', B)
    await n.publish('classic', 'a', B)
    expect(n.locate(hans, { name: 'a' })).not.toHaveProperty('contents')
    await n.publish('luke', 'a', B)
    await n.publish('vader', 'a', [key(3), 1])
    expect(n.locate(hans, { name: 'a' })).toMatchObject({ contents: 3, root: A[0] })
    for (const more of [{ root: B[0] }, { from: 'luke' }]) {
      const reply = n.locate(hans, { name: 'a', ...more })
      expect(reply.root).toBe(B[0])
      expect(reply).not.toHaveProperty('contents')
    }
  })

  it('names who has the given content, or the given user', async () => {
    const n = new Locating()
    const hans = n.join('hans')
    for (const username of ['yoda', 'leia', 'luke', 'vader']) n.join(username)
    for (const username of ['yoda', 'leia']) await n.publish(username, 'a', A)
    await n.publish('vader', 'a', B)
    await n.publish('luke', 'b', B)
    expect(n.whoHas(hans, { name: 'a', root: B[0] })).toEqual(['luke', 'vader'])
    expect(n.whoHas(hans, { name: 'gone', root: B[0] })).toEqual(['luke', 'vader'])
    expect(n.locate(hans, { name: 'a', from: 'vader' }).root).toBe(B[0])
    expect(n.whoHas(hans, { name: 'a', from: 'vader' })).toEqual(['vader'])
    expect(n.whoHas(hans, { name: 'a', from: 'yoda' })).toEqual(['yoda'])
    expect(n.whoHas(hans, { name: 'x', root: B[0], from: 'luke' })).toEqual(['luke'])
    expect(() => n.locate(hans, { name: 'a', from: 'luke' })).toThrow(code('NOT_FOUND'))
    expect(() => n.locate(hans, { name: 'a', root: key(9) })).toThrow(code('NOT_FOUND'))
  })

  it('does not count one user twice who has a content under many names, when it must choose a size', async () => {
    const n = new Locating()
    const hans = n.join('hans')
    for (const username of ['yoda', 'leia', 'vader']) n.join(username)
    for (const name of ['x', 'y', 'z']) await n.publish('vader', name, [A[0], 5])
    await n.publish('yoda', 'a', A)
    await n.publish('leia', 'b', A)
    expect(n.locate(hans, { name: 'a', root: A[0] }).size).toBe(A[1])
  })

  it('never names the asker, who is refused only where nobody else offers the name', async () => {
    const n = new Locating()
    const hans = n.join('hans')
    n.join('yoda')
    await n.publish('hans', 'a', A)
    expect(() => n.locate(hans, { name: 'a' })).toThrow(code('OWN_PUBLICATION'))
    expect(() => n.locate(hans, { name: 'a', root: A[0] })).toThrow(code('OWN_PUBLICATION'))
    expect(() => n.locate(hans, { name: 'a', root: B[0] })).toThrow(code('NOT_FOUND'))
    expect(() => n.locate(hans, { name: 'a', from: 'yoda' })).toThrow(code('NOT_FOUND'))
    await n.publish('offline', 'a', A)
    expect(() => n.locate(hans, { name: 'a' })).toThrow(code('NOT_FOUND'))
    expect(() => n.locate(hans, { name: 'a', from: 'hans' })).toThrow(code('NOT_FOUND'))
    await n.publish('yoda', 'a', A)
    expect(n.whoHas(hans, { name: 'a' })).toEqual(['yoda'])
  })

  it('names nobody without a certificate, and nothing whose content is not known', async () => {
    const n = new Locating()
    const hans = n.join('hans')
    n.join('yoda', 'classic')
    n.join('leia')
    await n.publish('yoda', 'a', A)
    await n.publish('leia', 'a')
    expect(() => n.locate(hans, { name: 'a' })).toThrow(code('NOT_FOUND'))
    expect(() => n.locate(hans, { name: 'a', root: A[0] })).toThrow(code('NOT_FOUND'))
    await n.publish('leia', 'a', B)
    expect(n.whoHas(hans, { name: 'a' })).toEqual(['leia'])
  })
})

describe('to a peer without a certificate, locate', () => {
  it('names those without one who offer this very name, and permits nothing', async () => {
    const n = new Locating()
    const hans = n.join('hans', 'classic')
    for (const username of ['yoda', 'leia']) n.join(username, 'classic')
    n.join('vader')
    await n.publish('vader', 'a', A)
    expect(() => n.locate(hans, { name: 'a' })).toThrow(code('NOT_FOUND'))
    await n.publish('yoda', 'a')
    await n.publish('leia', 'b')
    expect(n.locate(hans, { name: 'a' })).toEqual({
      type: 'locate',
      sources: [{ username: 'yoda', host: '192.0.2.2', port: 6000 }],
    })
    await n.publish('yoda', 'a', A)
    await n.publish('leia', 'b', A)
    const reply = n.locate(hans, { name: 'a', root: A[0] })
    expect(reply).toMatchObject({ sources: [{ username: 'yoda' }], root: A[0], size: A[1] })
    expect(reply).not.toHaveProperty('ticket')
  })

  it('refuses its own name, whoever else offers it', async () => {
    const n = new Locating()
    const hans = n.join('hans', 'classic')
    n.join('yoda', 'classic')
    await n.publish('hans', 'a')
    await n.publish('yoda', 'a')
    expect(() => n.locate(hans, { name: 'a' })).toThrow(code('OWN_PUBLICATION'))
  })
})
