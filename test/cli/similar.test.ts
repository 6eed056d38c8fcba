import { expect, it } from 'vitest'
import { findSimilar } from '../../src/cli/similar.js'

const WORDS = ['get', 'search', 'peers', 'publish', 'unpublish', 'list', 'share', 'shell', 'login']

it.each([
  ['serach', 'search'],
  ['publsh', 'publish'],
  ['unpublihs', 'unpublish'],
  ['gte', 'get'],
  ['lisst', 'list'],
  ['shaer', 'share'],
])('%s is like %s', (text, word) => {
  expect(findSimilar(text, WORDS)).toBe(word)
})

it.each(['get', 'storage', 'nas', 'x', '', 'index', 'host'])('%j is like none', (text) => {
  expect(findSimilar(text, WORDS)).toBeUndefined()
})
