import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { UploadServer } from '../../../src/peer/upload/upload-server.js'
import { type Receiver, UploadHarness } from './upload-harness.js'

const NOT_FOUND = 'Error: File not found'

/** A gate that a test opens. */
function makeGate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => {}
  const opened = new Promise<void>((resolve) => (open = resolve))
  return { opened, open }
}

/** More than the buffers of both ends hold, so that sending it needs a receiver who takes it. */
const LARGE = randomBytes(32 * 1024 * 1024)

describe('an upload server', () => {
  it('sends a file byte for byte and tells how far it is', async () => {
    await using harness = await UploadHarness.start()
    const bytes = randomBytes(1_000_003)
    harness.files.set('a', { bytes })
    const receiver = await harness.ask('a')
    const port = receiver.socket.localPort
    expect((await receiver.received).equals(bytes)).toBe(true)
    const [upload] = harness.uploads
    await upload?.done
    expect(upload?.progress).toEqual({ transferred: bytes.length, size: bytes.length })
    expect(upload?.receiver).toEqual({ host: '127.0.0.1', port })
    expect(harness.openHandles).toBe(0)
  })

  it('refuses what is not published, wherever it may lie', async () => {
    await using harness = await UploadHarness.start()
    harness.files.set('a', { bytes: Buffer.from('a') })
    for (const name of ['b', '../a', '/etc/passwd', 'a/../a', 'A']) {
      const receiver = await harness.connect()
      receiver.socket.end(name)
      expect(String(await receiver.received)).toBe(NOT_FOUND)
    }
    expect(harness.uploads).toEqual([])
  })

  it('answers as if there were no file when a published one cannot be opened, and warns', async () => {
    await using harness = await UploadHarness.start({ slots: 1 })
    harness.files.set('gone', { bytes: Buffer.alloc(0) })
    const receiver = await harness.ask('gone')
    expect(String(await receiver.received)).toBe(NOT_FOUND)
    await expect(harness.uploads[0]?.done).rejects.toMatchObject({ code: 'FILE_UNREADABLE' })
    expect(harness.warnings).toEqual(['"gone" is published but cannot be served.'])
    harness.files.set('b', { bytes: Buffer.from('bee') })
    expect(String(await (await harness.ask('b')).received)).toBe('bee')
  })

  it('cuts the connection when a file shrinks, so that what came does not pass for the whole', async () => {
    await using harness = await UploadHarness.start({ slots: 1 })
    harness.files.set('a', { bytes: Buffer.from('half'), size: 8 })
    const receiver = await harness.ask('a')
    await expect(receiver.received).rejects.toMatchObject({ code: 'ECONNRESET' })
    await expect(harness.uploads[0]?.done).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
      message: expect.stringContaining('from 8 to 4 bytes'),
    })
    expect(harness.openHandles).toBe(0)
  })

  it('says who holds the port, and what address is none of this machine', async () => {
    await using harness = await UploadHarness.start()
    const options = { slots: 1, rate: undefined, clock: harness.clock, onUpload() {}, onWarning() {} }
    const source = { has: () => false, hasLonger: () => false, open: () => Promise.reject(new Error()) }
    const other = new UploadServer({ ...options, source })
    await expect(other.listen('127.0.0.1', harness.port)).rejects.toMatchObject({
      code: 'ADDRESS_IN_USE',
      message: expect.stringContaining(String(harness.port)),
    })
    await expect(other.listen('192.0.2.1', 0)).rejects.toMatchObject({ code: 'INVALID_OPTION' })
    await other.close()
  })
})

describe('upload slots', () => {
  it('serve five at a time; the others get one when one is free, first come first served', async () => {
    await using harness = await UploadHarness.start({ slots: 5 })
    const gates = new Map<string, ReturnType<typeof makeGate>>()
    const receivers = new Map<string, Receiver>()
    for (const name of ['1', '2', '3', '4', '5', '6', '7', '8']) {
      const gate = makeGate()
      gates.set(name, gate)
      harness.files.set(name, { bytes: Buffer.from(name), gate: gate.opened })
      receivers.set(name, await harness.ask(name))
    }
    await harness.until(() => harness.started.length === 5)
    expect(harness.started).toEqual(['1', '2', '3', '4', '5'])
    const expected = ['1', '2', '3', '4', '5']
    for (const [ends, begins] of [
      ['3', '6'],
      ['6', '7'],
      ['1', '8'],
    ] as const) {
      gates.get(ends)?.open()
      expect(String(await receivers.get(ends)?.received)).toBe(ends)
      expected.push(begins)
      await harness.until(() => harness.started.length === expected.length)
      expect(harness.started).toEqual(expected)
    }
    for (const gate of gates.values()) gate.open()
    for (const [name, { received }] of receivers) expect(String(await received)).toBe(name)
  })

  it('pass over who went away while waiting', async () => {
    await using harness = await UploadHarness.start({ slots: 1 })
    const gate = makeGate()
    harness.files.set('first', { bytes: Buffer.from('1'), gate: gate.opened })
    harness.files.set('left', { bytes: Buffer.from('2') })
    harness.files.set('stays', { bytes: Buffer.from('3') })
    await harness.ask('first')
    const leaver = await harness.ask('left')
    const stayer = await harness.ask('stays')
    leaver.socket.resetAndDestroy()
    // What the server hears of the connection that comes next, it hears after the end of this one.
    await (await harness.ask('stays')).socket.end()
    gate.open()
    expect(String(await stayer.received)).toBe('3')
    await expect(harness.uploads[1]?.done).rejects.toMatchObject({ code: 'SOURCE_LOST' })
    expect(harness.started).not.toContain('left')
  })

  it('are taken from a receiver that stalls and given to the next', async () => {
    await using harness = await UploadHarness.start({ slots: 1, stallTimeout: 100 })
    harness.files.set('large', { bytes: LARGE })
    harness.files.set('small', { bytes: Buffer.from('small') })
    const stalled = await harness.ask('large')
    stalled.socket.pause()
    const next = await harness.ask('small')
    expect(String(await next.received)).toBe('small')
    await expect(harness.uploads[0]?.done).rejects.toMatchObject({
      code: 'SOURCE_LOST',
      message: expect.stringContaining('took nothing'),
    })
    expect(harness.openHandles).toBe(0)
  })

  it('are not held by who breaks off', async () => {
    await using harness = await UploadHarness.start({ slots: 1 })
    harness.files.set('large', { bytes: LARGE })
    harness.files.set('small', { bytes: Buffer.from('small') })
    const leaver = await harness.ask('large')
    leaver.socket.pause()
    const next = await harness.ask('small')
    leaver.socket.resetAndDestroy()
    expect(String(await next.received)).toBe('small')
    await expect(harness.uploads[0]?.done).rejects.toMatchObject({ code: 'SOURCE_LOST' })
  })

  it('have a bounded queue: who comes after that is turned away at once', async () => {
    await using harness = await UploadHarness.start({ slots: 1 })
    const gate = makeGate()
    harness.files.set('a', { bytes: Buffer.from('a'), gate: gate.opened })
    const running = await harness.ask('a')
    await harness.until(() => harness.started.length === 1)
    const waiting: Receiver[] = []
    for (let count = 0; count < 256; count += 1) waiting.push(await harness.ask('a'))
    const refused = await harness.connect()
    refused.socket.write('a')
    await expect(refused.received).rejects.toMatchObject({ code: 'ECONNRESET' })
    expect(harness.warnings).toEqual([expect.stringContaining('256 uploads wait')])
    expect(harness.uploads).toHaveLength(257)
    gate.open()
    for (const { received } of [running, ...waiting]) expect(String(await received)).toBe('a')
  })
})

describe('closing an upload server', () => {
  it('cuts what runs, waits and is silent, however often it is called', async () => {
    await using harness = await UploadHarness.start({ slots: 1 })
    harness.files.set('large', { bytes: LARGE })
    const running = await harness.ask('large')
    running.socket.pause()
    const waiting = await harness.ask('large')
    const silent = await harness.connect()
    await Promise.all([harness.server.close(), harness.server.close()])
    await harness.server.close()
    running.socket.resume()
    await Promise.all([running.closed, waiting.closed, silent.closed])
    for (const { done } of harness.uploads) await expect(done).rejects.toMatchObject({ code: 'SOURCE_LOST' })
    expect(harness.openHandles).toBe(0)
    expect(harness.clock.timers).toBe(0)
  })
})
