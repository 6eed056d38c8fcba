import { beforeEach, describe, expect, it } from 'vitest'
import { LayerSearch } from '../../../src/peer/download/layer-search.js'
import { TestContent } from '../../helpers/hostile-source.js'
import { ManualClock, settle } from '../../helpers/manual-clock.js'

/** A source that answers when the test says so. */
class Source {
  isAsked = false
  resolve: (layer: Buffer) => void = () => {}
  reject: (error: Error) => void = () => {}

  layer(): Promise<Buffer> {
    this.isAsked = true
    return new Promise((resolve, reject) => {
      this.resolve = resolve
      this.reject = reject
    })
  }
}

const served = new TestContent(300_000)
const right = served.content.pieces
let clock: ManualClock
let found: Buffer[]
let wrong: Source[]
let search: LayerSearch<Source>
let sources: [Source, Source, Source]

function make({ root, layout } = served): void {
  clock = new ManualClock()
  found = []
  wrong = []
  sources = [new Source(), new Source(), new Source()]
  search = new LayerSearch({
    root,
    layout,
    clock,
    onFound: (layer) => found.push(layer),
    onWrong: (source) => wrong.push(source),
  })
}
beforeEach(() => make())
const asked = (): boolean[] => sources.map(({ isAsked }) => isAsked)

describe('the search for the piece layer', () => {
  it('asks one source, and no other while that may answer', async () => {
    for (const source of sources) search.offer(source)
    await clock.advance(4_999)
    search.tick()
    expect(asked()).toEqual([true, false, false])
    sources[0].resolve(right)
    await settle()
    expect(found).toEqual([right])
    await clock.advance(60_000)
    search.tick()
    search.offer(new Source())
    expect(asked()).toEqual([true, false, false])
  })

  it('asks another when one takes too long, and takes what comes first', async () => {
    for (const source of sources) search.offer(source)
    await clock.advance(5_000)
    search.tick()
    expect(asked()).toEqual([true, true, false])
    sources[0].resolve(right)
    sources[1].resolve(right)
    await settle()
    expect(found).toEqual([right])
  })

  it('asks another when one is gone or does not tell the truth', async () => {
    for (const source of sources) search.offer(source)
    sources[0].resolve(Buffer.alloc(right.length))
    await settle()
    expect(wrong).toEqual([sources[0]])
    sources[1].reject(new Error('gone'))
    await settle()
    sources[2].resolve(right)
    await settle()
    expect(found).toEqual([right])
    expect(wrong).toHaveLength(1)
  })

  it('does not ask one that was withdrawn, and asks one that comes later', async () => {
    search.tick()
    search.offer(sources[0])
    search.offer(sources[1])
    search.withdraw(sources[1])
    sources[0].reject(new Error('gone'))
    await settle()
    expect(asked()).toEqual([true, false, false])
    search.offer(sources[2])
    expect(asked()).toEqual([true, false, true])
  })

  it('keeps what it has looked at, whatever becomes of the answer afterwards', async () => {
    search.offer(sources[0])
    const answer = Buffer.from(right)
    sources[0].resolve(answer)
    await settle()
    answer.fill(0)
    expect(found).toEqual([right])
  })

  it('asks nobody for the hash of an only piece: that is the root', () => {
    make(new TestContent(1000))
    search.offer(sources[0])
    expect(asked()).toEqual([false, false, false])
    expect(found).toHaveLength(1)
  })
})
