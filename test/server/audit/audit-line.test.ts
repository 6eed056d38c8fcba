import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CHAIN_START, follows, formatLine, parseLine } from '../../../src/server/audit/audit-line.js'

const AT = Date.UTC(2030, 0, 1)

describe('a line of an audit trail', () => {
  it('is these bytes', () => {
    const first = formatLine(CHAIN_START, { type: 'begin', fields: { format: 'x' } }, AT)
    const hashed = `{"seq":0,"time":"2030-01-01T00:00:00.000Z","type":"begin","format":"x","prev":"${'0'.repeat(64)}"`
    const hash = '25bb315b87f9f9f1edb998c3b929c1b0711d59d217322ff1f68fd6d6da0f2cc4'
    expect(createHash('sha256').update(hashed).digest('hex')).toBe(hash)
    expect(first.text).toBe(`${hashed},"hash":"${hash}"}\n`)
    const second = formatLine(first.end, { type: 'login', fields: { user: 'hans' } }, AT + 1)
    expect(second.text).toContain(
      `"seq":1,"time":"2030-01-01T00:00:00.001Z","type":"login","user":"hans","prev":"${hash}"`,
    )
  })

  it('says what was written, whatever that is, and holds together with the one before', () => {
    const record = fc.record({
      type: fc.string({ minLength: 1, maxLength: 20 }),
      fields: fc.dictionary(
        fc
          .string({ minLength: 1, maxLength: 8 })
          .filter((key) => !/^(seq|time|type|prev|hash|__proto__)$/.test(key)),
        fc.oneof(
          fc.string(),
          fc.constantFrom('\n\u2028"\\\0', '\ud800', 'ü€😀'),
          fc.integer(),
          fc.array(fc.string()),
        ),
        { noNullPrototype: true },
      ),
    })
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 5 }), (records) => {
        let end = CHAIN_START
        for (const { type, fields } of records) {
          const { text, end: next } = formatLine(end, { type, fields }, AT)
          expect(text.indexOf('\n')).toBe(text.length - 1)
          const line = parseLine(Buffer.from(text.slice(0, -1)))
          if (line === undefined) throw new Error('no line')
          expect(follows(line, end)).toBe(true)
          expect(line.values).toMatchObject(JSON.parse(JSON.stringify({ ...fields, type })))
          end = next
        }
      }),
      { numRuns: 30 },
    )
  })
})
