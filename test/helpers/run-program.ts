import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { type Playground, programPath, type TestProcess } from './processes.js'

/** What a program has said, and what it ended with. */
export interface Ended {
  readonly code: number | null
  readonly out: string[]
  readonly err: string[]
}

/** How to run `bittrickle`. */
export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly input?: string
}

/** One user of a playground, who says words to `bittrickle`: with folders, a state and a configuration of its own. */
export class User {
  readonly name: string
  readonly #playground: Playground
  readonly #env: Record<string, string>

  constructor(playground: Playground, name: string, password: string, server: string) {
    this.name = name
    this.#playground = playground
    this.#env = {
      BITTRICKLE_SERVER: server,
      BITTRICKLE_USERNAME: name,
      BITTRICKLE_PASSWORD: password,
      BITTRICKLE_SHARE: playground.path(name),
      BITTRICKLE_DOWNLOAD: playground.path(name),
      BITTRICKLE_STATE: playground.path(`state-${name}`),
      XDG_CONFIG_HOME: playground.path(`config-${name}`),
    }
  }

  /** Starts `bittrickle`, to be listened to. */
  start(args: readonly string[], env: Readonly<Record<string, string>> = {}): TestProcess {
    return this.#playground.spawn(this.name, process.execPath, [programPath('bittrickle'), ...args], {
      env: { ...this.#env, ...env },
    })
  }

  /** Starts it on a terminal of so many columns. */
  startOnTerminal(columns: number, args: string, env: Readonly<Record<string, string>> = {}): TestProcess {
    const command = `stty cols ${columns}; '${process.execPath}' '${programPath('bittrickle')}' ${args}`
    return this.#playground.spawn(this.name, 'script', ['-qfec', command, '/dev/null'], {
      env: { TERM: 'xterm', SHELL: '/bin/sh', ...this.#env, ...env },
    })
  }

  /** Runs `bittrickle` to its end. An empty variable counts as none. */
  async run(args: readonly string[], { env = {}, input = '' }: RunOptions = {}): Promise<Ended> {
    const child = spawn(process.execPath, [programPath('bittrickle'), ...args], {
      cwd: this.#playground.folder,
      env: { ...process.env, ...this.#env, ...env },
    })
    child.stdin.on('error', () => {})
    child.stdin.end(input)
    const [out, err, [code]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close'),
    ])
    return { code: code as number | null, out: linesOf(out), err: linesOf(err) }
  }
}

const linesOf = (said: string): string[] => said.split('\n').slice(0, -1)
