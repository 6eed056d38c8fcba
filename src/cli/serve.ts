import { IndexServer } from '../index.js'
import { untilSignal } from './program.js'
import { requestLog } from './request-log.js'

/** The flags of `bittrickle-server`. */
export interface ServerFlags {
  readonly host: string
  readonly credentials: string
  readonly data: string
  readonly audit?: string
  readonly classic?: boolean
  readonly classicRemote?: boolean
  readonly heartbeatInterval: number
  readonly heartbeatTimeout: number
  readonly debug?: boolean
}

/** Runs an index until a signal ends it. */
export async function serve(port: number, flags: ServerFlags): Promise<void> {
  const classic = flags.classicRemote === true ? { allowRemote: true } : flags.classic === true
  await using index = new IndexServer({
    port,
    host: flags.host,
    credentials: flags.credentials,
    dataDir: flags.data,
    ...(flags.audit === undefined ? {} : { audit: flags.audit }),
    classic,
    heartbeat: { interval: flags.heartbeatInterval, timeout: flags.heartbeatTimeout },
    logger: requestLog(process.stdout, flags.debug === true),
  })
  const end = untilSignal()
  try {
    await index.listen()
    process.stdout.write(`The index listens at ${index.uri}\n`)
    await end.signal
    process.stdout.write('The index shuts down.\n')
  } finally {
    end.stop()
  }
}
