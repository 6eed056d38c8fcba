import { expect, it } from 'vitest'
import { MemoryStore } from '../../../src/server/catalogue/memory-store.js'
import { describeCatalogueStore } from './contract.js'

describeCatalogueStore('MemoryStore', () => new MemoryStore())

const OFFER = { username: 'hans', name: 'a', publishedAt: new Date(0) }

it('keeps what it has when another index opens it', async () => {
  const store = new MemoryStore()
  await store.open()
  await store.publish(OFFER)
  await store.close()
  await store.open()
  expect(store.offers('a')).toEqual([OFFER])
})

it('says so where it is used before it is open, and has nothing', async () => {
  const store = new MemoryStore()
  const notOpen = expect.objectContaining({ code: 'CLOSED' })
  await expect(store.publish(OFFER)).rejects.toEqual(notOpen)
  expect(await store.publishAll([OFFER])).toEqual([notOpen])
  await expect(store.unpublish('hans', 'a')).rejects.toEqual(notOpen)
  expect(() => store.offers('a')).toThrow(notOpen)
  expect(store.size).toBe(0)
})

it('is one catalogue, however many open it at once', async () => {
  const store = new MemoryStore()
  const other = store.open().then(() => store.open())
  await store.open()
  await store.publish(OFFER)
  await other
  expect(store.size).toBe(1)
})
