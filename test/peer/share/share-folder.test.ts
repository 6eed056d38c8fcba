import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ShareFolder } from '../../../src/peer/share/share-folder.js'

const SECRET = 'not for others'

let folder: string
let root: string
let share: ShareFolder
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'bittrickle-')))
  root = join(folder, 'share')
  await mkdir(join(root, 'music'), { recursive: true })
  await writeFile(join(root, 'a.txt'), 'a')
  await writeFile(join(root, 'music', 'b.mp3'), 'bee')
  // Its path begins with that of the share folder.
  await mkdir(join(folder, 'share-private'))
  await writeFile(join(folder, 'share-private', 'secret'), SECRET)
  await writeFile(join(folder, 'secret'), SECRET)
  share = new ShareFolder(root)
})
afterEach(() => rm(folder, { recursive: true }))

async function read(inside: string): Promise<string> {
  const { handle, size } = await share.open(inside)
  try {
    const text = await handle.readFile('utf8')
    expect(size).toBe(text.length)
    return text
  } finally {
    await handle.close()
  }
}

describe('a share folder', () => {
  it.each([
    ['a.txt', 'a.txt'],
    ['./music/../a.txt', 'a.txt'],
    ['music//b.mp3', 'music/b.mp3'],
    ['../share/a.txt', 'a.txt'],
  ])('finds %s', async (path, inside) => {
    expect(await share.find(path)).toBe(inside)
  })

  it('finds an absolute path inside it, and opens what it found', async () => {
    const inside = await share.find(join(root, 'music', 'b.mp3'))
    expect(inside).toBe('music/b.mp3')
    expect(share.absolute(inside)).toBe(join(root, 'music', 'b.mp3'))
    expect(await read(inside)).toBe('bee')
  })

  it.each(['..', '../secret', 'music/../../secret', '../share-private/secret', '/etc/passwd'])(
    'refuses %s, which is outside',
    async (path) => {
      await expect(share.find(path)).rejects.toMatchObject({
        code: 'OUTSIDE_SHARE',
        retryable: false,
        message: expect.stringContaining(path),
      })
    },
  )

  it.each(['none.txt', 'a.txt/none', 'x'.repeat(300)])('has no %s', async (path) => {
    await expect(share.find(path)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  it.each(['', '.', 'music'])('publishes no folder: %j', async (path) => {
    await expect(share.find(path)).rejects.toMatchObject({ code: 'FILE_UNREADABLE' })
  })

  it('does not hang at a pipe', async () => {
    execFileSync('sh', ['-c', 'mkfifo "$0"', join(root, 'pipe')])
    await expect(share.find('pipe')).rejects.toMatchObject({ code: 'FILE_UNREADABLE' })
  })

  it('turns a path into a name that all systems write alike, and refuses what can be no name', () => {
    expect(share.nameOf('music/Cafe\u0301.mp3')).toBe('music/Caf\u00e9.mp3')
    expect(share.pathOf('music/b.mp3')).toBe(join('music', 'b.mp3'))
    expect(() => share.nameOf('back\\slash')).toThrow(expect.objectContaining({ code: 'INVALID_NAME' }))
    expect(() => share.nameOf('new\nline')).toThrow(expect.objectContaining({ code: 'INVALID_NAME' }))
  })
})

describe('links in a share folder', () => {
  it('are followed where they stay inside', async () => {
    await symlink('music', join(root, 'songs'))
    await symlink(join(root, 'a.txt'), join(root, 'link.txt'))
    expect(await read(await share.find('songs/b.mp3'))).toBe('bee')
    expect(await read(await share.find('link.txt'))).toBe('a')
  })

  it('are not followed to a file outside, nor through a folder or other links', async () => {
    await symlink(join(folder, 'secret'), join(root, 'file'))
    await symlink(folder, join(root, 'up'))
    await symlink('../share-private', join(root, 'private'))
    await symlink('file', join(root, 'twice'))
    for (const path of ['file', 'up/secret', 'private/secret', 'twice', 'up/share-private/secret']) {
      await expect(share.find(path)).rejects.toMatchObject({ code: 'OUTSIDE_SHARE' })
      await expect(share.open(path)).rejects.toMatchObject({ code: 'OUTSIDE_SHARE' })
    }
  })

  it('that were put in the place of a published file later lead nowhere', async () => {
    const inside = await share.find('a.txt')
    await rm(join(root, 'a.txt'))
    await symlink(join(folder, 'secret'), join(root, 'a.txt'))
    await expect(share.open(inside)).rejects.toMatchObject({ code: 'OUTSIDE_SHARE' })
  })

  it('that end nowhere, or in themselves, are failures like others', async () => {
    await symlink('none', join(root, 'dangling'))
    await symlink('loop', join(root, 'loop'))
    await expect(share.find('dangling')).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(share.find('loop')).rejects.toMatchObject({ code: 'FILE_UNREADABLE' })
  })

  it('may stand for the folder itself', async () => {
    await symlink(root, join(folder, 'other-way'))
    share = new ShareFolder(join(folder, 'other-way'))
    expect(await read(await share.find('music/b.mp3'))).toBe('bee')
    await expect(share.find('../secret')).rejects.toMatchObject({ code: 'OUTSIDE_SHARE' })
  })
})

it('never hands out a byte from outside, whatever is asked for', async () => {
  await symlink(folder, join(root, 'up'))
  await symlink('music', join(root, 'songs'))
  const part = fc.constantFrom(
    '..',
    '.',
    '',
    'up',
    'songs',
    'music',
    'a.txt',
    'b.mp3',
    'secret',
    'share',
    'share-private',
  )
  const path = fc.oneof(
    fc.array(part, { maxLength: 6 }).map((parts) => parts.join('/')),
    fc.array(part, { maxLength: 6 }).map((parts) => join(folder, ...parts)),
    fc.string({ maxLength: 20 }),
  )
  await fc.assert(
    fc.asyncProperty(path, async (asked) => {
      for (const look of [() => share.find(asked).then(read), () => read(asked)]) {
        const text = await look().catch((error: { code: string }) => {
          expect(['OUTSIDE_SHARE', 'NOT_FOUND', 'FILE_UNREADABLE']).toContain(error.code)
          return undefined
        })
        expect([undefined, 'a', 'bee']).toContain(text)
      }
    }),
    { numRuns: 300 },
  )
})

describe('a file that is read at once', () => {
  const readNow = (inside: string, length: number, isSame = true): string | undefined => {
    const target = Buffer.alloc(length)
    return share.readNow(inside, target, () => isSame) ? target.toString() : undefined
  }

  it('is the file, while it is what was hashed and as long', () => {
    expect(readNow(join('music', 'b.mp3'), 3)).toBe('bee')
    expect(readNow(join('music', 'b.mp3'), 3, false)).toBeUndefined()
    expect(readNow(join('music', 'b.mp3'), 4)).toBeUndefined()
    expect(readNow('none', 1)).toBeUndefined()
    expect(readNow('music', 1)).toBeUndefined()
  })

  it('is none behind a link, whether that stands for the file or for a folder', async () => {
    await symlink(join(folder, 'secret'), join(root, 'link'))
    expect(readNow('link', SECRET.length)).toBeUndefined()
    await rm(join(root, 'music'), { recursive: true })
    await symlink(join(folder, 'share-private'), join(root, 'music'))
    // What was looked at holds for one turn of the event loop, and this is another.
    await new Promise(setImmediate)
    expect(readNow(join('music', 'secret'), SECRET.length)).toBeUndefined()
  })
})
