import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { SourceChannels } from '../../../src/peer/download/source-channels.js'
import { makeCertificate } from '../../../src/transfer/certificate.js'
import { HostileSource, TestContent } from '../../helpers/hostile-source.js'
import { ManualClock } from '../../helpers/manual-clock.js'

const certificate = await makeCertificate()
let clock: ManualClock
let channels: SourceChannels
let source: HostileSource

beforeEach(async () => {
  clock = new ManualClock()
  channels = new SourceChannels({ clock, certificate: async () => certificate })
  source = await HostileSource.start('hans', new TestContent(1))
})
afterEach(async () => {
  await channels.close()
  await source.vanish()
})

describe('channels to sources', () => {
  it('are one for each source, however many ask for it at once', async () => {
    const asked = Array.from({ length: 10 }, () => channels.get(source.record))
    const [first, ...others] = await Promise.all(asked)
    expect(others.every((other) => other === first)).toBe(true)
    expect(await channels.get(source.record)).toBe(first)
    expect(source.connections).toBe(1)
  })

  it('are opened anew when they were closed', async () => {
    const first = await channels.get(source.record)
    first.close()
    const second = await channels.get(source.record)
    expect(second).not.toBe(first)
    expect(second.closed).toBeUndefined()
  })

  it('that could not be opened are tried again', async () => {
    await source.vanish()
    const [one, two] = [channels.get(source.record), channels.get(source.record)]
    await expect(one).rejects.toMatchObject({ code: 'SOURCE_UNREACHABLE', retryable: true })
    await expect(two).rejects.toMatchObject({ code: 'SOURCE_UNREACHABLE' })
    await source.listen()
    await channels.get(source.record)
  })

  it('go to where a source is now', async () => {
    const first = await channels.get(source.record)
    const moved = { ...source.record, host: 'localhost' }
    expect(await channels.get(moved)).not.toBe(first)
    await expect(channels.get({ ...source.record, fingerprint: 'A'.repeat(43) })).rejects.toMatchObject({
      code: 'FORBIDDEN',
    })
    const { host, port } = source.record
    await expect(channels.get({ host, port })).rejects.toMatchObject({ code: 'SOURCE_UNREACHABLE' })
  })

  it('end with a goodbye, and none is opened afterwards', async () => {
    const channel = await channels.get(source.record)
    const closed = channels.close()
    await clock.advance(2_000)
    await closed
    expect(channel.closed).toMatchObject({ code: 'CLOSED' })
    await expect(channels.get({ ...source.record, host: 'localhost' })).rejects.toMatchObject({
      code: 'CLOSED',
    })
  })
})
