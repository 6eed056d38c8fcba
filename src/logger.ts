/** Facts that go with a log message; values are printed as JSON or as `key=value`, as the logger likes. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>

/**
 * Where the SDK reports what it does. pino and winston loggers fit after a line of adapting; by default nothing is
 * logged, since a library does not write to its host's terminal.
 *
 * @example
 * ```ts
 * const logger: Logger = {
 *   debug: () => {},
 *   info: (message, fields) => console.log(message, fields ?? ''),
 *   warn: (message, fields) => console.warn(message, fields ?? ''),
 *   error: (message, fields) => console.error(message, fields ?? ''),
 * }
 * const peer = new Peer({ server: '5331', username: 'hans', password, logger })
 * ```
 */
export interface Logger {
  /** Detail for one who looks for a fault. */
  debug(message: string, fields?: LogFields): void
  /** What happens in normal service. */
  info(message: string, fields?: LogFields): void
  /** Bad input or a lost other side: service goes on. */
  warn(message: string, fields?: LogFields): void
  /** The program's own failure. */
  error(message: string, fields?: LogFields): void
}

const nothing = (): void => {}

/** The default logger: says nothing. */
export const silentLogger: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing }
