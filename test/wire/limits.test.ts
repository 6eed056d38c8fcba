import { expect, it } from 'vitest'
import { MAX_CONTENT_BYTES } from '../../src/content/content-layout.js'
import { MAX_TICKET_BYTES } from '../../src/transfer/protocol.js'
import * as wire from '../../src/wire/limits.js'

it('what the index takes is what a data channel can carry', () => {
  expect(wire.MAX_CONTENT_BYTES).toBe(MAX_CONTENT_BYTES)
  expect(wire.MAX_TICKET_BYTES).toBe(MAX_TICKET_BYTES)
})
