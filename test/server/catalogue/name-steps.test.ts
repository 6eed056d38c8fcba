import fc from 'fast-check'
import { expect, it } from 'vitest'
import { BEHIND, ELSEWHERE, NameSteps, SAME } from '../../../src/server/catalogue/name-steps.js'
import { textsOf } from '../../helpers/texts.js'

it('a name is behind all, the same, or elsewhere', () => {
  const steps = new NameSteps().of(textsOf(['a', 'b', 'b', 'ab', 'b', 'ba', 'ba']))
  expect([...steps]).toEqual([BEHIND, BEHIND, SAME, ELSEWHERE, ELSEWHERE, BEHIND, SAME])
})

it('names are in the order that JavaScript has, and not in that of their bytes', () => {
  expect([...new NameSteps().of(textsOf(['\uffee', '\u{1f600}']))]).toEqual([BEHIND, ELSEWHERE])
})

const name = fc.string({
  unit: fc.constantFrom('a', 'b', 'é', '\uffee', '\u{1f600}'),
  minLength: 1,
  maxLength: 4,
})

it('they go on from part to part', () => {
  fc.assert(
    fc.property(fc.array(fc.array(name, { minLength: 1 }), { minLength: 1 }), (parts) => {
      const steps = new NameSteps()
      const before: string[] = []
      for (const part of parts) {
        const expected = part.map((text) => {
          const isBehind = before.every((other) => other < text)
          const step = isBehind ? BEHIND : before.at(-1) === text ? SAME : ELSEWHERE
          before.push(text)
          return step
        })
        const texts = textsOf(part)
        expect([...steps.of(texts)]).toEqual(expected)
        // What was read is handed over, and is gone here.
        texts.bytes.fill(0)
      }
    }),
  )
})
