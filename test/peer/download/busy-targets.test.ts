import { basename, dirname } from 'node:path'
import { describe, expect, it } from 'vitest'
import { BusyTargets, foldPath } from '../../../src/peer/download/busy-targets.js'
import { type PreparedTarget, targetIn } from '../../../src/peer/download/target.js'

const target = (realPath: string): PreparedTarget => {
  const path = dirname(realPath)
  return targetIn({ path, realPath: path }, basename(realPath))
}
const { signal } = new AbortController()
const busyError = expect.objectContaining({ code: 'TARGET_BUSY', retryable: true })

/** Whether a promise has settled by now. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol('pending')
  await new Promise((resolve) => setImmediate(resolve))
  return (await Promise.race([promise.catch(() => {}), Promise.resolve(pending)])) !== pending
}

describe('busy targets', () => {
  it('are taken once until they are given back', async () => {
    const busy = new BusyTargets()
    const release = await busy.take(target('/d/a'), signal)
    await expect(busy.take(target('/d/a'), signal)).rejects.toEqual(busyError)
    await busy.take(target('/d/b'), signal)
    release()
    await busy.take(target('/d/a'), signal)
  })

  it.each(['/d/a.part', '/d/a.part.journal'])(
    'do not meet where %s is what another one writes',
    async (path) => {
      const busy = new BusyTargets()
      const release = await busy.take(target('/d/a'), signal)
      await expect(busy.take(target(path), signal)).rejects.toEqual(busyError)
      release()
      await busy.take(target(path), signal)
      await expect(busy.take(target('/d/a'), signal)).rejects.toEqual(busyError)
    },
  )

  it('do not meet where the part of a long name is what another one writes', async () => {
    const busy = new BusyTargets()
    const long = target(`/d/${'a'.repeat(255)}`)
    const release = await busy.take(long, signal)
    for (const path of [long.partPath, `${long.partPath}.journal`]) {
      await expect(busy.take(target(path), signal)).rejects.toEqual(busyError)
    }
    release()
    await busy.take(target(long.partPath), signal)
  })

  it('that may be one file on some disks are taken one after the other', async () => {
    const busy = new BusyTargets()
    const release = await busy.take(target('/d/A.jpg'), signal)
    const second = busy.take(target('/d/a.JPG'), signal)
    const third = busy.take(target('/d/a.jpg.PART'), signal)
    expect(await isSettled(second)).toBe(false)
    release()
    const releaseSecond = await second
    expect(await isSettled(third)).toBe(false)
    releaseSecond()
    await third
  })

  it('of a folder wait for their turn, whoever has them', async () => {
    const busy = new BusyTargets()
    const release = await busy.take(target('/d/a'), signal)
    const second = Promise.resolve(busy.takeInTurn(target('/d/a'), signal))
    expect(await isSettled(second)).toBe(false)
    release()
    await second
  })

  it('are not waited for any longer when that is given up', async () => {
    const busy = new BusyTargets()
    const release = await busy.take(target('/d/a'), signal)
    const giveUp = new AbortController()
    const second = busy.takeInTurn(target('/d/a'), giveUp.signal)
    giveUp.abort(new Error('enough'))
    await expect(second).rejects.toThrow('enough')
    await expect(busy.takeInTurn(target('/d/a'), giveUp.signal)).rejects.toThrow('enough')
    release()
    await busy.take(target('/d/a'), signal)
  })

  it('of two downloads of one folder exclude each other, and no others', async () => {
    const busy = new BusyTargets()
    const release = busy.takeFolder('/d/photos')
    expect(() => busy.takeFolder('/d/Photos')).toThrow(busyError)
    busy.takeFolder('/d/photos/2024')
    await busy.take(target('/d/photos'), signal)
    release()
    busy.takeFolder('/d/photos')
  })
})

describe('a folded path', () => {
  it.each([
    ['/d/A', '/d/a'],
    ['/d/\u00e9', '/d/e\u0301'],
    ['/d/stra\u00dfe', '/d/STRASSE'],
    ['/d/\u03c3\u03c2', '/d/\u03a3\u03a3'],
    ['/d/\ufb01', '/d/FI'],
    ['/d/a\u200d', '/d/a'],
    ['/d/a. .', '/d/a'],
    ['/d/a./b', '/d/a/b'],
  ])('is the same for %j and %j', (one, other) => expect(foldPath(one)).toBe(foldPath(other)))

  it.each([
    ['/d/a', '/d/b'],
    ['/d/a', '/d/\u00e4'],
    ['/d/a.b', '/d/ab'],
    ['/d/a b', '/d/ab'],
    ['/d/a', '/da'],
  ])('is not the same for %j and %j', (one, other) => expect(foldPath(one)).not.toBe(foldPath(other)))
})
