import { fileURLToPath } from 'node:url'
import type { Playground, TestProcess } from '../helpers/processes.js'

/** The path of an example. It runs on the built package: Node finds "bittrickle" by the package's own name. */
export const example = (name: string): string =>
  fileURLToPath(new URL(`../../examples/${name}.js`, import.meta.url))

/** Of the users whom a playground has. */
export const PASSWORDS: Readonly<Record<string, string>> = {
  hans: 'falcon*solo',
  yoda: 'wise@!man',
  vader: 'sithlord**',
}

/** Starts an example as a user. */
export function start(
  playground: Playground,
  name: string,
  server: string,
  username: string,
  args: readonly string[],
  more: Readonly<Record<string, string>> = {},
): TestProcess {
  const env = { BITTRICKLE_PASSWORD: PASSWORDS[username] ?? '', ...more }
  return playground.spawn(username, process.execPath, [example(name), server, username, ...args], { env })
}
