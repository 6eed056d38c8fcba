import { type ChildProcess, execFileSync, spawn } from 'node:child_process'

const COLUMNS = 100
const ROWS = 30
const PATIENCE_MS = 60_000

/** Terminals of a person, by tmux: what is typed goes to a real shell, and what is seen comes back as text. */
export class Terminals implements AsyncDisposable {
  // A server of its own, which ends with the test.
  readonly #socket = `bittrickle-${process.pid}`
  readonly #env: NodeJS.ProcessEnv

  /** @param env - of all shells: nothing else is in it */
  constructor(env: Readonly<Record<string, string>>) {
    this.#env = env
  }

  /** Opens a terminal with a shell in a folder. */
  open(name: string, cwd: string, env: Readonly<Record<string, string>> = {}): Terminal {
    const variables = Object.entries(env).flatMap(([key, value]) => ['-e', `${key}=${value}`])
    const size = ['-x', String(COLUMNS), '-y', String(ROWS)]
    // By env: a shell in between sets a prompt of its own.
    const shell = "exec env PS1='$ ' HISTFILE= bash --noprofile --norc -i"
    this.#tmux('new-session', '-d', '-s', name, ...size, '-c', cwd, ...variables, shell)
    return new Terminal(name, (...args) => this.#tmux(...args), this.#watch(name))
  }

  #tmux(...args: string[]): string {
    return execFileSync('tmux', ['-L', this.#socket, '-f', '/dev/null', ...args], {
      env: this.#env,
      encoding: 'utf8',
    })
  }

  // In its control mode tmux tells of everything that a program writes.
  #watch(name: string): ChildProcess {
    return spawn('tmux', ['-L', this.#socket, '-C', 'attach', '-t', name], {
      env: this.#env,
      stdio: ['pipe', 'pipe', 'ignore'],
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#tmux('kill-server')
  }
}

/** One terminal. */
export class Terminal {
  readonly #name: string
  readonly #tmux: (...args: string[]) => string
  readonly #output: ChildProcess

  constructor(name: string, tmux: (...args: string[]) => string, output: ChildProcess) {
    this.#name = name
    this.#tmux = tmux
    this.#output = output
  }

  /** What is on the screen, and what has left it at the top. */
  get text(): string {
    // Lines that were too long for the screen are whole again.
    return this.#tmux('capture-pane', '-p', '-J', '-S', '-', '-t', this.#name)
      .split('\n')
      .map((line) => line.trimEnd())
      .join('\n')
      .trimEnd()
  }

  /** Types, and presses Enter. */
  type(line: string): void {
    this.#tmux('send-keys', '-t', this.#name, '-l', line)
    this.press('Enter')
  }

  /** Presses a key, as tmux names it: "C-c". */
  press(key: string): void {
    this.#tmux('send-keys', '-t', this.#name, key)
  }

  /** Wipes the screen, and what has left it. */
  clear(): void {
    this.#tmux('send-keys', '-t', this.#name, '-R')
    this.#tmux('clear-history', '-t', this.#name)
  }

  /** Waits until something is seen. @returns it */
  async see(what: RegExp): Promise<RegExpExecArray> {
    let [resolve, reject]: [(seen: RegExpExecArray) => void, (error: Error) => void] = [() => {}, () => {}]
    const promise = new Promise<RegExpExecArray>((...settle) => {
      ;[resolve, reject] = settle
    })
    const look = (): void => {
      const seen = what.exec(this.text)
      if (seen !== null) resolve(seen)
    }
    const fail = (why: string): void => reject(new Error(`${why} before ${what} was seen on:\n${this.text}`))
    const timer = setTimeout(() => fail(`${PATIENCE_MS} ms have passed`), PATIENCE_MS)
    const onExit = (): void => fail('tmux has ended')
    this.#output.stdout?.on('data', look)
    this.#output.once('exit', onExit)
    look()
    try {
      return await promise
    } finally {
      clearTimeout(timer)
      this.#output.stdout?.off('data', look)
      this.#output.off('exit', onExit)
    }
  }

  /** Types a command, and waits until the shell asks for the next. @returns what was seen in between */
  async run(command: string): Promise<string> {
    this.clear()
    this.type(command)
    await this.see(/\n\$ *$/)
    return this.text.replace(/^.*\n/, '').replace(/\n?\$ *$/, '')
  }
}
