import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { BitTrickleError } from '../../../src/errors.js'
import { CHAIN_START, formatLine } from '../../../src/server/audit/audit-line.js'
import { verifyAudit } from '../../../src/server/audit/verify-audit.js'

let folder: string
let path: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bittrickle-verify-'))
  path = join(folder, 'audit.ndjson')
})
afterAll(() => rm(folder, { recursive: true }))

interface Trail {
  readonly lines: readonly string[]
  readonly heads: readonly string[]
}

function makeTrail(names: readonly string[], version = 1): Trail {
  let end = CHAIN_START
  const lines: string[] = []
  const heads: string[] = []
  const begin = { type: 'begin', fields: { format: 'bittrickle-audit', version, index: 'key' } }
  for (const record of [begin, ...names.map((user) => ({ type: 'login', fields: { user } }))]) {
    const line = formatLine(end, record, Date.UTC(2030, 0, 1) + end.seq)
    end = line.end
    lines.push(line.text)
    heads.push(end.prev)
  }
  return { lines, heads }
}

const trail = fc
  .array(fc.string({ unit: 'grapheme', maxLength: 12 }), { minLength: 2, maxLength: 8 })
  .map((names) => makeTrail(names))

/** What is said of a file of these bytes. */
async function verdict(bytes: string | Uint8Array, head?: string): Promise<string> {
  await writeFile(path, bytes)
  return verifyAudit(path, head === undefined ? {} : { head }).then(
    ({ lines }) => `${lines} lines`,
    ({ code, message }: BitTrickleError) => `${code} ${/^Line \d+|^No line/.exec(message)?.[0]}`,
  )
}

const bad = (line: number): string => `AUDIT_BROKEN Line ${line}`

describe('verifying an audit trail', () => {
  it('finds nothing wrong with what was written, and tells how much that is', async () => {
    await fc.assert(
      fc.asyncProperty(trail, async ({ lines, heads }) => {
        await writeFile(path, lines.join(''))
        expect(await verifyAudit(path)).toEqual({ lines: lines.length, head: heads.at(-1) })
        for (const head of heads) expect(await verdict(lines.join(''), head)).toBe(`${lines.length} lines`)
      }),
      { numRuns: 20 },
    )
  })

  it('finds a byte that was altered, anywhere, and names the line', async () => {
    await fc.assert(
      fc.asyncProperty(trail, fc.nat(), fc.integer({ min: 1, max: 255 }), async ({ lines }, at, by) => {
        const bytes = Buffer.from(lines.join(''))
        const place = at % bytes.length
        bytes[place] = (bytes[place] as number) ^ by
        expect(await verdict(bytes)).toBe(bad(lineAt(lines, place)))
      }),
      { numRuns: 300 },
    )
  })

  it('finds each bit of a short trail', async () => {
    const { lines } = makeTrail(['a'])
    const whole = Buffer.from(lines.join(''))
    for (let place = 0; place < whole.length; place++) {
      const bytes = Buffer.from(whole)
      bytes[place] = (bytes[place] as number) ^ (1 << (place % 8))
      expect(await verdict(bytes)).toBe(bad(lineAt(lines, place)))
    }
  })

  it('finds a byte that was put in or taken out', async () => {
    await fc.assert(
      fc.asyncProperty(trail, fc.nat(), fc.option(fc.nat({ max: 255 })), async ({ lines }, at, byte) => {
        const bytes = Buffer.from(lines.join(''))
        const place = at % bytes.length
        const put = byte === null ? [] : [byte]
        const altered = Buffer.concat([
          bytes.subarray(0, place),
          Buffer.from(put),
          bytes.subarray(byte === null ? place + 1 : place),
        ])
        expect(await verdict(altered)).toMatch(/^AUDIT_BROKEN Line \d+$/)
      }),
      { numRuns: 200 },
    )
  })

  it('finds that the end is torn, though only the line feed is missing', async () => {
    const whole = makeTrail(['a', 'b']).lines.join('')
    expect(await verdict(whole)).toBe('3 lines')
    expect(await verdict(whole.slice(0, -1))).toBe(bad(3))
    expect(await verdict(whole.slice(0, -20))).toBe(bad(3))
  })

  it('finds a line that was taken out, unless it was the last one', async () => {
    await fc.assert(
      fc.asyncProperty(trail, fc.nat(), async ({ lines, heads }, at) => {
        const place = at % lines.length
        const left = lines.filter((_, index) => index !== place)
        const isLast = place === lines.length - 1
        expect(await verdict(left.join(''))).toBe(isLast ? `${left.length} lines` : bad(place + 1))
        // Of which a head that was noted tells.
        if (isLast) expect(await verdict(left.join(''), heads.at(-1))).toBe('AUDIT_BROKEN No line')
      }),
      { numRuns: 100 },
    )
  })

  it('finds two lines that were swapped', async () => {
    await fc.assert(
      fc.asyncProperty(trail, fc.nat(), fc.nat(), async ({ lines }, one, other) => {
        const [first, second] = [one % lines.length, other % lines.length].sort((a, b) => a - b) as [
          number,
          number,
        ]
        fc.pre(first !== second)
        const swapped = [...lines]
        swapped[first] = lines[second] as string
        swapped[second] = lines[first] as string
        expect(await verdict(swapped.join(''))).toBe(bad(first + 1))
      }),
      { numRuns: 100 },
    )
  })

  it('finds a line that was put in: a copy, one of another trail, one that was made to fit', async () => {
    const other = makeTrail(['x', 'y', 'z'], 2)
    await fc.assert(
      fc.asyncProperty(trail, fc.nat(), fc.nat(), fc.nat(), async ({ lines, heads }, at, what, kind) => {
        const place = 1 + (at % lines.length)
        const fitting = formatLine(
          { seq: place, prev: heads[place - 1] as string },
          { type: 'login', fields: { user: 'nobody' } },
          0,
        ).text
        const line = [lines[what % lines.length], other.lines[what % 4], fitting, '\n'][kind % 4] as string
        // A line that was made to fit the end is what an index would write, and so is the one that stood there.
        fc.pre(line !== fitting || place < lines.length)
        const put = [...lines.slice(0, place), line, ...lines.slice(place)].join('')
        // The one that was made to fit passes, and so does a copy that stands before its original: then the one behind.
        const passes = line === fitting || line === lines[place]
        expect(await verdict(put)).toBe(bad(passes ? place + 2 : place + 1))
      }),
      { numRuns: 200 },
    )
  })

  it('finds that all was written anew, by a head that was noted', async () => {
    const { heads } = makeTrail(['a', 'b', 'c'])
    const forged = makeTrail(['a', 'x', 'c'])
    expect(await verdict(forged.lines.join(''))).toBe('4 lines')
    expect(await verdict(forged.lines.join(''), heads[0])).toBe('4 lines')
    expect(await verdict(forged.lines.join(''), heads[3])).toBe('AUDIT_BROKEN No line')
  })

  it('refuses what is no trail, and one of a later version', async () => {
    expect(await verdict('')).toBe(bad(1))
    expect(await verdict('hello\n')).toBe(bad(1))
    expect(await verdict(Buffer.alloc(1_000_000))).toBe(bad(1))
    expect(await verdict(makeTrail([], 2).lines.join(''))).toBe(bad(1))
    const { text } = formatLine(CHAIN_START, { type: 'login', fields: {} }, 0)
    expect(await verdict(text)).toBe(bad(1))
  })

  it('tells a file that is not there, or cannot be read, and a head that is none', async () => {
    await expect(verifyAudit(join(folder, 'nowhere'))).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(verifyAudit(folder)).rejects.toMatchObject({ code: 'FILE_UNREADABLE' })
    await expect(verifyAudit(path, { head: 'ABC' })).rejects.toMatchObject({ code: 'INVALID_OPTION' })
  })
})

/** The number of the line that a byte is in, its line feed included. */
function lineAt(lines: readonly string[], place: number): number {
  let end = 0
  for (const [index, line] of lines.entries()) {
    end += Buffer.byteLength(line)
    if (place < end) return index + 1
  }
  throw new Error('no such byte')
}
