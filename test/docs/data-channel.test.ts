import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { ContentLayout } from '../../src/content/content-layout.js'
import * as limits from '../../src/transfer/limits.js'
import * as protocol from '../../src/transfer/protocol.js'
import { codeOf } from '../../src/transfer/status.js'
import { TICKET_LIFETIME_MS, TICKET_TOLERANCE_MS } from '../../src/transfer/ticket.js'
import { naiveRoot, patterned } from '../content/naive-tree.js'

const page = await readFile(new URL('../../docs/protocol.md', import.meta.url), 'utf8')
const [, part = ''] = page.split('\n## The data channel\n')

/** The rows of the tables under a heading, as their cells. */
function rows(heading: string): string[][] {
  const text = part.split(`\n### ${heading}\n`)[1]?.split('\n### ')[0] ?? ''
  return [...text.matchAll(/^\|(.*)\|$/gm)].map(([, line = '']) =>
    line.split('|').map((cell) => cell.trim().replace(/^`(.*)`$/, '$1')),
  )
}

const number = (text = ''): number => Number(text.replaceAll(',', ''))

describe('the data channel of docs/protocol.md', () => {
  it('has the constants of the code', () => {
    const written = rows('Data channel constants').filter(([name]) => /^[A-Z_]+$/.test(name ?? ''))
    // What the page says in other places: lengths of frames, and what bounds the memory of a decoder.
    const derived = /^(MAX_TICKET_BYTES|.*_HEADER_BYTES|MAX_CONTROL_FRAME_BYTES)$/
    const known = Object.entries({ ...protocol, ...limits, TICKET_LIFETIME_MS, TICKET_TOLERANCE_MS }).filter(
      ([name, value]) => typeof value === 'number' && !derived.test(name),
    )
    expect(Object.fromEntries(written.map(([name, value]) => [name, number(value)]))).toEqual(
      Object.fromEntries(known),
    )
  })

  it('has the numbers of the frame types', () => {
    const text = part.split('\n### Data channel frames\n')[1]?.split('\n### ')[0] ?? ''
    const written = [...text.matchAll(/^\| (0x[0-9a-f]{2}) \| (\w+) /gm)].map(([, type, name = '']) => [
      name.charAt(0).toUpperCase() + name.slice(1),
      Number(type),
    ])
    expect(Object.fromEntries(written)).toEqual(protocol.FrameType)
  })

  it('has the statuses of the code', () => {
    const written = rows('Data channel statuses').filter(([status]) => /^[1-9]/.test(status ?? ''))
    expect(written).toHaveLength(11)
    for (const [status, code] of written) expect(codeOf(number(status))).toBe(code)
  })

  it('has the roots that BEP 52 says', () => {
    const written = rows('Golden roots').filter(([size]) => /^\d/.test(size ?? ''))
    expect(written.length).toBeGreaterThan(5)
    for (const [size, pieces, root] of written) {
      expect(new ContentLayout(number(size)).pieceCount).toBe(number(pieces))
      // Of nothing it is the hash of nothing, where BEP 52 has none.
      if (number(size) > 0) expect(naiveRoot(patterned(number(size))).toString('hex')).toBe(root)
    }
  })
})
