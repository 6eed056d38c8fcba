import { describe, expect, it } from 'vitest'
import { formatLogLine } from '../../src/cli/request-log.js'

const AT = new Date(Date.UTC(2030, 0, 2, 3, 4, 5, 6))

describe('a line of the log', () => {
  it('says when, who, what, about what, and how it went', () => {
    const fields = { address: '127.0.0.1:40001', user: 'hans', about: 'a b.txt', outcome: 'ok' }
    expect(formatLogLine(AT, 'publish', fields)).toBe(
      '2030-01-02T03:04:05.006Z 127.0.0.1:40001       hans         publish "a b.txt" → ok',
    )
  })

  it('keeps its columns where something is unknown', () => {
    expect(formatLogLine(AT, 'started')).toBe(
      `2030-01-02T03:04:05.006Z ${'-'.padEnd(21)} ${'-'.padEnd(12)} started`,
    )
  })

  it('adds what else is known, and leaves out what is undefined', () => {
    expect(formatLogLine(AT, 'x', { count: 3, text: 'a b', flag: true, none: undefined })).toMatch(
      / x count=3 text="a b" flag=true$/,
    )
  })

  it('is one line, without escapes, whatever a stranger sends', () => {
    const evil = 'a\n2030 forged\x1b[2J'
    const line = formatLogLine(AT, evil, {
      address: evil,
      user: evil,
      about: evil,
      outcome: evil,
      other: evil,
    })
    expect(line).not.toMatch(/[\u0000-\u001f\u007f]/)
    expect(line).toContain('a\\u000a2030 forged\\u001b[2J')
  })
})
