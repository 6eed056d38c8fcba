import { beforeEach, describe, expect, it } from 'vitest'
import { RequestLine } from '../../../src/peer/download/request-line.js'
import { settle } from '../../helpers/manual-clock.js'

let sent: { readonly name: string }[]
let line: RequestLine<{ readonly name: string }>
const make = (...names: string[]) => names.map((name) => ({ name }))
const names = (): string => sent.map(({ name }) => name).join('')
beforeEach(() => {
  sent = []
  line = new RequestLine((request) => sent.push(request))
})

describe('a line of requests', () => {
  it('waits until it is known how many are answered at a time', () => {
    for (const request of make('a', 'b', 'c')) line.ask(request)
    expect(names()).toBe('')
    line.open(2)
    expect(names()).toBe('ab')
  })

  it('goes on, in order, when one was answered', async () => {
    line.open(2)
    const requests = make('a', 'b', 'c', 'd', 'e')
    for (const request of requests) line.ask(request)
    expect(line.settle(requests[1] as never)).toBe(true)
    // Not before what is said in this turn.
    expect(names()).toBe('ab')
    await settle()
    expect(names()).toBe('abc')
    line.settle(requests[0] as never)
    line.settle(requests[2] as never)
    await settle()
    expect(names()).toBe('abcde')
  })

  it('forgets what nobody wants any more, and says whether the source has heard of it', async () => {
    line.open(1)
    const [a, b, c] = make('a', 'b', 'c') as [never, never, never]
    for (const request of [a, b, c]) line.ask(request)
    expect(line.settle(b)).toBe(false)
    expect(line.settle(a)).toBe(true)
    expect(line.settle(a)).toBe(false)
    await settle()
    expect(names()).toBe('ac')
  })
})
