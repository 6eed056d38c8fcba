import { afterEach, describe, expect, it, vi } from 'vitest'
import { listenToSignals } from '../../../src/cli/serving/signals.js'

afterEach(() => {
  vi.restoreAllMocks()
})

/** Listens, and notes what comes of it. Nothing really ends. */
function start() {
  const noted: string[] = []
  vi.spyOn(process, 'exit').mockImplementation((code) => {
    noted.push(`exit ${code}`)
    return undefined as never
  })
  const { end, stop } = listenToSignals({
    reload: () => noted.push('reload'),
    giveUp: () => noted.push('give up'),
  })
  return { end, stop, noted, [Symbol.dispose]: stop }
}

describe('a server that is told to end', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'by %s does so once, and at once when it is told again',
    async (first) => {
      using signals = start()
      process.emit(first, first)
      expect(await signals.end).toBe(first)
      expect(signals.noted).toEqual([])
      process.emit('SIGTERM', 'SIGTERM')
      expect(signals.noted).toEqual(['give up', 'exit 1'])
    },
  )

  it('hears nothing any more when it has ended', () => {
    const signals = start()
    signals.stop()
    for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
      expect(process.listenerCount(name)).toBe(0)
    }
  })
})

it('a server that has no terminal reads its configuration anew at SIGHUP', () => {
  using signals = start()
  process.emit('SIGHUP', 'SIGHUP')
  process.emit('SIGHUP', 'SIGHUP')
  expect(signals.noted).toEqual(['reload', 'reload'])
})
