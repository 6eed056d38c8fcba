import { MemoryStore } from '../../src/server/catalogue/memory-store.js'
import { Publications } from '../../src/server/catalogue/publications.js'

/** A memory store that need not be opened, for tests in which nothing is awaited before it is used. */
export class ReadyStore extends MemoryStore {
  protected override model: Publications | undefined = new Publications()
}
