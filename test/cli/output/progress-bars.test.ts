import { Writable } from 'node:stream'
import { stripVTControlCharacters } from 'node:util'
import { afterEach, expect, it } from 'vitest'
import { ProgressBars } from '../../../src/cli/output/progress-bars.js'
import { widthOf } from '../../../src/cli/output/width.js'

class Terminal extends Writable {
  readonly isTTY = true
  readonly columns = 60
  text = ''

  override _write(bytes: Buffer, _encoding: string, callback: () => void): void {
    this.text += bytes.toString()
    callback()
  }

  /** What has been drawn since it was looked at last. */
  take(): string[] {
    const lines = stripVTControlCharacters(this.text).split(/[\r\n]+/)
    this.text = ''
    return lines.filter((line) => line !== '')
  }
}

let bars: ProgressBars
afterEach(() => bars.stop())

function open(): { terminal: Terminal; bars: ProgressBars } {
  const terminal = new Terminal()
  bars = new ProgressBars(terminal as unknown as NodeJS.WriteStream)
  return { terminal, bars }
}

it('what is alone needs no name, and leaves nothing', () => {
  const { terminal, bars } = open()
  expect(bars.isActive).toBe(false)
  bars.show(0, { name: 'a.txt', transferred: 1, size: 4 })
  bars.write('')
  expect(terminal.take()).toEqual([expect.stringMatching(/^█+░+ {2}25% {2}1 B of 4 B {2}0 B\/s$/)])
  bars.end(0)
  bars.end(0)
  expect(bars.isActive).toBe(false)
})

it('several have a line each, with their names, and what is written stands above them', () => {
  const { terminal, bars } = open()
  bars.show(1, { name: '日本のとても長い名前のファイルです.bin', transferred: 1, size: 4 })
  bars.show(2, { name: 'b', transferred: 0, size: 4, place: 2 })
  terminal.take()
  bars.write('Downloaded c.txt\n')
  const [first, second, third] = terminal.take()
  expect(first).toBe('Downloaded c.txt')
  expect(second).toMatch(/^日本.*….*\.bin/)
  expect(third).toMatch(/^b .*number 2 in the line/)
  for (const line of [second, third]) expect(widthOf(line ?? '')).toBeLessThan(60)
  bars.end(1)
  expect(terminal.take().join('')).not.toContain('.bin')
  expect(bars.isActive).toBe(true)
})

it('more than a screen of them are not drawn', () => {
  const { terminal, bars } = open()
  for (let id = 1; id <= 50; id += 1) bars.show(id, { name: `file-${id}`, transferred: 0, size: 1 })
  terminal.take()
  bars.write('')
  expect(terminal.take()).toHaveLength(8)
})
