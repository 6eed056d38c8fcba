import { IndexServer } from '../index.js'
import { EXIT } from './exit-codes.js'
import type { MetricsServer } from './metrics/metrics-server.js'
import { toOptions } from './serving/index-options.js'
import { readSettings, type ServerFlags } from './serving/read-settings.js'
import { Reloader } from './serving/reload.js'
import { ServerLog } from './serving/server-log.js'
import type { MetricsAddress } from './serving/settings.js'
import { listenToSignals } from './serving/signals.js'

// What an index has to finish takes milliseconds. A disk that hangs must not keep the machine from going down.
const CLOSE_MS = 15_000

/** Runs an index until a signal ends it. */
export async function serve(flags: ServerFlags): Promise<void> {
  const settings = await readSettings(flags, process.env)
  const log = new ServerLog(process.stdout, { level: settings.logLevel, json: settings.json })
  const index = new IndexServer({ ...toOptions(settings), logger: log })
  const reloader = new Reloader(index, flags, settings, log)
  const signals = listenToSignals({
    reload: () => void reloader.reload(),
    giveUp: () => log.say('The index ends at once.', 'ending-at-once'),
  })
  let metrics: MetricsServer | undefined
  try {
    metrics = settings.metrics && (await openMetrics(settings.metrics, index, log))
    await index.listen()
    log.say(`The index listens at ${index.uri}`, 'ready', { uri: index.uri })
    await signals.end
    log.say('The index shuts down.', 'shutting-down')
  } finally {
    const timer = setTimeout(() => {
      log.error(`the index could not be closed within ${CLOSE_MS} ms`)
      process.exit(EXIT.failure)
    }, CLOSE_MS)
    await index.close()
    await metrics?.close()
    clearTimeout(timer)
    signals.stop()
  }
}

async function openMetrics(at: MetricsAddress, index: IndexServer, log: ServerLog): Promise<MetricsServer> {
  // Only who asks for figures has to load what makes them.
  const [{ MetricsServer }, { IndexMetrics }] = await Promise.all([
    import('./metrics/metrics-server.js'),
    import('./metrics/index-metrics.js'),
  ])
  const figures = new IndexMetrics(index)
  const server = await MetricsServer.open(at, { figures, checkHealth: () => index.checkHealth() })
  log.say(`Figures are at ${server.url}/metrics`, 'metrics', { url: server.url })
  return server
}
