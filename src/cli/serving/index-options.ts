import type { IndexServerOptions } from '../../index.js'
import type { Settings } from './settings.js'

/** What an IndexServer is made with for these settings. */
export function toOptions(settings: Settings): IndexServerOptions {
  const { host, port, credentials, data, audit, classic, classicRemote, limits } = settings
  return {
    port,
    host,
    credentials,
    dataDir: data,
    ...(audit === undefined ? {} : { audit }),
    classic: classicRemote ? { allowRemote: true } : classic,
    heartbeat: { interval: settings.heartbeatInterval, timeout: settings.heartbeatTimeout },
    limits,
  }
}
