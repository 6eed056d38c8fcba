import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Share } from '../../../src/peer/share/share.js'

let folder: string
let root: string
let warnings: string[]
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bittrickle-'))
  root = join(folder, 'share')
  warnings = []
  await mkdir(join(root, 'music'), { recursive: true })
  await writeFile(join(root, 'music', 'a.mp3'), 'aaa')
  await writeFile(join(folder, 'secret'), 'secret')
})
afterEach(() => rm(folder, { recursive: true }))

/** As a peer has it that starts anew. */
const open = (memory = 'published.json') =>
  new Share({
    folder: root,
    memoryPath: join(folder, memory),
    onWarning: (message) => warnings.push(message),
  })

async function publish(share: Share, path: string, chosen?: string) {
  const { name, file } = await share.prepare(path, chosen)
  return share.add(name, file)
}

async function read(share: Share, name: string): Promise<string> {
  const { handle } = await share.open(name)
  try {
    return await handle.readFile('utf8')
  } finally {
    await handle.close()
  }
}

describe('a share', () => {
  it('serves what was added, under the name that was chosen, and nothing else', async () => {
    const share = open()
    await publish(share, 'music/a.mp3', 'song')
    expect(await read(share, 'song')).toBe('aaa')
    expect(share.has('song')).toBe(true)
    expect(share.fileOf('song')).toBe(join('music', 'a.mp3'))
    for (const name of ['music/a.mp3', 'music', '../secret', join(folder, 'secret'), '', 'toString']) {
      expect(share.has(name)).toBe(false)
      await expect(share.open(name)).rejects.toMatchObject({ code: 'NOT_PUBLISHED' })
    }
    await share.remove('song')
    await expect(share.open('song')).rejects.toMatchObject({ code: 'NOT_PUBLISHED' })
  })

  it('prepares a name, and refuses a bad one before it looks at the file', async () => {
    const share = open()
    expect(await share.prepare('music/a.mp3')).toEqual({ name: 'music/a.mp3', file: join('music', 'a.mp3') })
    await expect(share.prepare('none', '../up')).rejects.toMatchObject({ code: 'INVALID_NAME' })
    await expect(share.prepare('../secret', 'good')).rejects.toMatchObject({ code: 'OUTSIDE_SHARE' })
  })

  it('can take back that it added, to nothing or to what was there before', async () => {
    const share = open()
    await writeFile(join(root, 'b'), 'bbb')
    const undoFirst = await publish(share, 'b', 'name')
    const undoSecond = await publish(share, 'music/a.mp3', 'name')
    await undoSecond()
    expect(await read(share, 'name')).toBe('bbb')
    await undoFirst()
    expect(share.has('name')).toBe(false)
  })

  it('knows its names', async () => {
    const share = open()
    await publish(share, 'music/a.mp3', 'one')
    await publish(share, 'music/a.mp3', 'two')
    expect(share.names()).toEqual(['one', 'two'])
  })
})

const forAll = (names: readonly string[]) => new Map(names.map((name) => [name, undefined]))

describe('a share after a restart', () => {
  it('serves again what it served, under chosen names too', async () => {
    const before = open()
    await publish(before, 'music/a.mp3', 'song')
    await before.close()
    const share = open()
    await share.adopt(forAll(['song']))
    expect(await read(share, 'song')).toBe('aaa')
    expect(warnings).toEqual([])
  })

  it('finds by its name what another machine published from the same folder', async () => {
    const share = open()
    await share.adopt(forAll(['music/a.mp3']))
    expect(await read(share, 'music/a.mp3')).toBe('aaa')
  })

  it('says which names have no file any more', async () => {
    const share = open()
    await share.adopt(forAll(['music/a.mp3', 'gone', 'lost']))
    expect(warnings).toEqual([expect.stringMatching(/^2 published name.*"gone", "lost"; unpublish/)])
    expect(share.has('gone')).toBe(false)
  })

  it('is led out of its folder neither by the index nor by what it remembers', async () => {
    await writeFile(
      join(folder, 'bad.json'),
      JSON.stringify({ song: '../secret', other: join(folder, 'secret') }),
    )
    const share = open('bad.json')
    await share.adopt(forAll(['song', 'other']))
    await expect(share.open('song')).rejects.toMatchObject({ code: 'OUTSIDE_SHARE' })
    await expect(share.open('other')).rejects.toMatchObject({
      code: expect.stringMatching(/OUTSIDE|NOT_FOUND/),
    })
  })

  it('goes on when what it remembered cannot be read', async () => {
    await writeFile(join(folder, 'torn.json'), '{"song": "mus')
    const share = open('torn.json')
    await share.adopt(forAll(['music/a.mp3']))
    expect(await read(share, 'music/a.mp3')).toBe('aaa')
    expect(warnings).toEqual([expect.stringContaining('cannot be read')])
  })
})
