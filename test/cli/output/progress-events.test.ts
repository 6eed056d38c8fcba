import { expect, it } from 'vitest'
import { ProgressEvents } from '../../../src/cli/output/progress-events.js'

it('how far things are is told now and then, and when all is there', () => {
  const lines: string[] = []
  let now = 0
  const events = new ProgressEvents(
    (line) => lines.push(line),
    () => now,
  )
  for (let transferred = 0; transferred <= 1000; transferred += 1) {
    now += 1
    events.show(0, { name: 'a', transferred, size: 1000, sources: 2 })
  }
  events.show(1, { name: 'b', transferred: 0, place: 3 })
  events.end(0)
  expect(lines.every((line) => line.endsWith('\n'))).toBe(true)
  const told = lines.map((line) => JSON.parse(line))
  expect(told[0]).toEqual({ event: 'progress', name: 'a', transferred: 0, size: 1000, sources: 2, rate: 0 })
  expect(told.at(-2)).toMatchObject({ name: 'a', transferred: 1000, eta: 0 })
  expect(told.at(-1)).toEqual({ event: 'progress', name: 'b', transferred: 0, place: 3, rate: 0 })
  expect(told).toHaveLength(4)
})
