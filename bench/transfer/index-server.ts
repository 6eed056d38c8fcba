// The process of the index.
import { IndexServer } from '../../src/index.js'
import { obey } from '../lib/child.js'
import type { IndexAnswer, IndexOrder } from './orders.js'

const index = new IndexServer({ host: '127.0.0.1', port: 0, credentials: () => true })

obey<IndexOrder, IndexAnswer>(async () => {
  await index.listen()
  return { uri: index.uri }
})
