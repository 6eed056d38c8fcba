import { MemoryStore } from '../../../src/server/catalogue/memory-store.js'
import { describeCatalogueStore } from './contract.js'

describeCatalogueStore('MemoryStore', () => new MemoryStore())
