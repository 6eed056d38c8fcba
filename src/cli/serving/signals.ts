import { EXIT } from '../exit-codes.js'

/** What the signals to a server bring about. */
export interface SignalHandlers {
  /** SIGHUP. */
  readonly reload: () => void
  /** A second signal that asks for the end: it ends the process at once. */
  readonly giveUp: () => void
}

/** Listens to the signals that a server is led by. */
export function listenToSignals({ reload, giveUp }: SignalHandlers): {
  /** Resolves with the first signal that asks for the end. */
  readonly end: Promise<NodeJS.Signals>
  stop(): void
} {
  let resolve: (signal: NodeJS.Signals) => void = () => {}
  const end = new Promise<NodeJS.Signals>((settle) => {
    resolve = settle
  })
  let isEnding = false
  const onEnd = (signal: NodeJS.Signals): void => {
    if (isEnding) {
      giveUp()
      process.exit(EXIT.failure)
    }
    isEnding = true
    resolve(signal)
  }
  // At a terminal it says that the terminal has gone, and whoever sat at it.
  const onHangUp = process.stdout.isTTY === true ? onEnd : reload
  process.on('SIGINT', onEnd).on('SIGTERM', onEnd).on('SIGHUP', onHangUp)
  const stop = (): void => {
    process.off('SIGINT', onEnd).off('SIGTERM', onEnd).off('SIGHUP', onHangUp)
  }
  return { end, stop }
}
