import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { CredentialsFile, type Download, type Upload } from '../../../src/index.js'
import { TestNetwork, type TestPeer } from '../../helpers/network.js'

// At the rate of SLOW they take ten minutes.
const SIZE = 120 * 1_048_576
const SLOW = { uploadRate: 200_000 }

let folder: string
let credentials: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bittrickle-'))
  credentials = join(folder, 'credentials.txt')
  await writeFile(credentials, 'hans a\nyoda b\n')
})
afterEach(() => rm(folder, { recursive: true }))

async function running(source: TestPeer, receiver: TestPeer): Promise<[Download, Upload]> {
  await source.write('a.bin', randomBytes(SIZE))
  await source.peer.publish('a.bin')
  const uploading = new Promise<Upload>((resolve) => source.peer.once('upload', resolve))
  const download = receiver.peer.get('a.bin')
  download.done.catch(() => {})
  await new Promise<void>((resolve) => download.once('verified', () => resolve()))
  return [download, await uploading]
}

describe('an account that is taken away', () => {
  it.each<[string, (file: CredentialsFile) => Promise<void>]>([
    ['disabled', (file) => file.disable('hans')],
    ['removed', (file) => file.remove('hans')],
    ['given another password', (file) => file.setPassword('hans', 'other')],
  ])('takes the downloads along that run: %s', async (_how, takeAway) => {
    await using network = await TestNetwork.start({ index: { credentials } })
    const [yoda, hans] = [
      await network.join('yoda', { ...SLOW, password: 'b' }),
      await network.join('hans', { password: 'a' }),
    ]
    const [download, upload] = await running(yoda, hans)
    const offline = new Promise<Error>((resolve) => hans.peer.once('offline', resolve))
    await takeAway(new CredentialsFile(credentials))
    await expect(upload.done).rejects.toMatchObject({ code: 'FORBIDDEN' })
    expect(await offline).toMatchObject({ code: 'AUTHENTICATION_FAILED' })
    await expect(hans.peer.locate('a.bin')).rejects.toThrow()
    download.cancel()
    await expect(download.done).rejects.toThrow()
    expect((await readdir(hans.downloadDir)).sort()).toEqual(['a.bin.part', 'a.bin.part.journal'])
  })

  it('takes them along, too, when the operator ends the session alone', async () => {
    await using network = await TestNetwork.start({ index: { credentials } })
    const yoda = await network.join('yoda', { ...SLOW, password: 'b' })
    const hans = await network.join('hans', { password: 'a' })
    const [download, upload] = await running(yoda, hans)
    network.index.disconnect('hans')
    await expect(upload.done).rejects.toMatchObject({ code: 'FORBIDDEN' })
    download.cancel()
    await expect(download.done).rejects.toThrow()
  })
})
