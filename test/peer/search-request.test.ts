import { describe, expect, it } from 'vitest'
import { toSearchRequest } from '../../src/peer/search-request.js'
import type { SearchOptions } from '../../src/peer/types.js'

const ROOT = 'r'.repeat(42).concat('A')

describe('the options of a search', () => {
  it('are said as the index reads them', () => {
    expect(
      toSearchRequest('Talk  2024', {
        prefix: 'p',
        from: 'yoda',
        root: ROOT,
        minSize: 1,
        maxSize: 2,
        extension: 'u\u0308',
        glob: '*u\u0308',
        publishedAfter: new Date(5),
        publishedBefore: new Date(6),
        includeOffline: true,
        order: 'newest',
      }),
    ).toEqual({
      type: 'search',
      query: 'Talk',
      words: ['2024'],
      ignoreCase: true,
      prefix: 'p',
      from: 'yoda',
      root: ROOT,
      minSize: 1,
      maxSize: 2,
      extension: 'ü',
      glob: '*ü',
      publishedAfter: 5,
      publishedBefore: 6,
      includeOffline: true,
      order: 'newest',
    })
    expect(toSearchRequest('', { order: 'name', includeOffline: false })).toEqual({
      type: 'search',
      query: '',
    })
    expect(toSearchRequest('', { glob: 'A' })).toMatchObject({ ignoreCase: true })
    expect(toSearchRequest('', { glob: 'A', matchCase: true })).not.toHaveProperty('ignoreCase')
  })

  it.each([
    [{ minSize: -1 }, 'minSize must be whole bytes, 0 to 4398046511104; received -1.'],
    [{ maxSize: 1.5 }, 'maxSize must be whole bytes, 0 to 4398046511104; received 1.5.'],
    [{ minSize: 2, maxSize: 1 }, 'minSize must not be above maxSize; received 2 and 1.'],
    [{ extension: '.mp4' }, 'The option "extension" begins with a dot; leave it out; received ".mp4".'],
    [{ glob: '' }, 'The option "glob" is empty; received "".'],
    [{ glob: 5 as never }, 'The option "glob" is not a text; received "5".'],
    [{ root: 'x' }, 'The option "root" is not 32 bytes in Base64url, 43 characters; received "x".'],
    [{ from: 'a b' }, 'The option "from" contains white space; received "a b".'],
    [{ publishedAfter: 'now' as never }, 'publishedAfter must be a valid Date; received now.'],
    [
      { publishedBefore: new Date(Number.NaN) },
      'publishedBefore must be a valid Date; received Invalid Date.',
    ],
    [
      { publishedAfter: new Date(1), publishedBefore: new Date(1) },
      'publishedAfter must be earlier than publishedBefore; received 1970-01-01T00:00:00.001Z and 1970-01-01T00:00:00.001Z.',
    ],
    [{ includeOffline: 1 as never }, 'includeOffline must be true or false; received 1.'],
    [{ order: 'age' as never }, 'order must be "name", "size", "newest" or "sources"; received age.'],
  ] as [SearchOptions, string][])('%j are refused', (options, message) => {
    expect(() => toSearchRequest('', options)).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', message }),
    )
  })
})
