import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

// For what a person would wait for. What moves gigabytes says how long that may take.
const PATIENCE = 30_000

/** The path of one of the two programs. */
export function programPath(name: 'bittrickle' | 'bittrickle-server'): string {
  return fileURLToPath(new URL(`../../bin/${name}.js`, import.meta.url))
}

/** How to start a process. */
export interface SpawnOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
}

/** How to start a peer. */
export interface PeerSpawnOptions extends SpawnOptions {
  /** Flags besides its folders. */
  readonly args?: readonly string[]
}

/** A real process whose output is awaited line by line. */
export class TestProcess {
  readonly name: string
  /** Every line of stdout and stderr so far. */
  readonly lines: string[] = []
  readonly #child: ChildProcess
  readonly #watchers = new Set<() => void>()
  readonly exited: Promise<number | null>
  #next = 0
  #text = ''
  #hasExited = false

  constructor(name: string, command: string, args: readonly string[], options: SpawnOptions = {}) {
    this.name = name
    this.#child = spawn(command, args, {
      cwd: options.cwd,
      env: { ...process.env, NO_COLOR: '1', ...options.env },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (stream === null) continue
      createInterface({ input: stream }).on('line', (line) => this.#hear(line))
      stream.on('data', (bytes: Buffer) => {
        this.#text += bytes.toString()
        this.#wake()
      })
    }
    // 'close' comes when the last line has been read too.
    this.exited = once(this.#child, 'close').then(([code]) => {
      this.#hasExited = true
      this.#wake()
      return code as number | null
    })
    this.#child.stdin?.on('error', () => {})
  }

  #hear(line: string): void {
    this.lines.push(line)
    this.#wake()
  }

  #wake(): void {
    for (const watcher of this.#watchers) watcher()
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error(`${this.name} did not start`)
    return this.#child.pid
  }

  type(line: string): void {
    this.send(`${line}\n`)
  }

  send(text: string): void {
    this.#child.stdin?.write(text)
  }

  endInput(): void {
    this.#child.stdin?.end()
  }

  /** Resolves with the first line that fits, behind the one that was waited for before. */
  line(pattern: RegExp, patience = PATIENCE): Promise<RegExpExecArray> {
    return this.#until(pattern, patience, () => {
      for (let index = this.#next; index < this.lines.length; index += 1) {
        const match = pattern.exec(this.lines[index] as string)
        if (match === null) continue
        this.#next = index + 1
        return match
      }
      return undefined
    })
  }

  /** Types what is no whole line, and waits for what appears after it, which need not be one either. */
  sendUntil(text: string, pattern: RegExp): Promise<RegExpExecArray> {
    const from = this.#text.length
    this.send(text)
    return this.#until(pattern, PATIENCE, () => pattern.exec(this.#text.slice(from)) ?? undefined)
  }

  async #until(
    pattern: RegExp,
    patience: number,
    look: () => RegExpExecArray | undefined,
  ): Promise<RegExpExecArray> {
    let timer: NodeJS.Timeout | undefined
    let watcher: () => void = () => {}
    try {
      return await new Promise((resolve, reject) => {
        const fail = (why: string): void =>
          reject(
            new Error(`${this.name} ${why} before it said ${pattern}. It said:\n${this.lines.join('\n')}`),
          )
        watcher = (): void => {
          const match = look()
          if (match !== undefined) {
            // Lines that come in the same moment are for whoever waits next.
            this.#watchers.delete(watcher)
            resolve(match)
          } else if (this.#hasExited) fail('ended')
        }
        timer = setTimeout(() => fail('fell silent'), patience)
        this.#watchers.add(watcher)
        watcher()
      })
    } finally {
      clearTimeout(timer)
      this.#watchers.delete(watcher)
    }
  }

  /** Types a line and waits for what follows. */
  ask(line: string, pattern: RegExp, patience = PATIENCE): Promise<RegExpExecArray> {
    this.#next = this.lines.length
    this.type(line)
    return this.line(pattern, patience)
  }

  /** The most memory that the process had at a time, in bytes. */
  async peakMemory(): Promise<number> {
    const status = await readFile(`/proc/${this.pid}/status`, 'utf8')
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) * 1024
  }

  /** Ends the process and waits for its end. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (!this.#hasExited) this.#child.kill(signal)
    return this.exited
  }
}

/** Where the processes of a test live: a temporary folder, gone with all of them at the end of the block. */
export class Playground implements AsyncDisposable {
  readonly folder: string
  readonly #processes: TestProcess[] = []
  #devices = 0

  private constructor(folder: string) {
    this.folder = folder
  }

  static async create(): Promise<Playground> {
    const playground = new Playground(await mkdtemp(join(tmpdir(), 'bittrickle-e2e-')))
    await writeFile(
      playground.path('credentials.txt'),
      'hans falcon*solo\nyoda wise@!man\nvader sithlord**\n',
    )
    return playground
  }

  path(...parts: string[]): string {
    return join(this.folder, ...parts)
  }

  spawn(name: string, command: string, args: readonly string[], options: SpawnOptions = {}): TestProcess {
    // What whoever runs the tests has configured is nothing to them.
    const env = { XDG_CONFIG_HOME: this.path('config'), ...options.env }
    const child = new TestProcess(name, command, args, { cwd: this.folder, ...options, env })
    this.#processes.push(child)
    return child
  }

  /** Starts an index, on a free port unless the first argument names one, and resolves when it listens. */
  async index(
    ...args: string[]
  ): Promise<{ readonly program: TestProcess; readonly port: string; readonly uri: string }> {
    const port = /^\d+$/.test(args[0] ?? '') ? [] : ['0']
    const program = this.spawn('index', process.execPath, [
      programPath('bittrickle-server'),
      ...port,
      '--host',
      '127.0.0.1',
      ...args,
    ])
    const [, uri = '', listens = ''] = await program.line(/listens at (bittrickle:\/\/127\.0\.0\.1:(\d+)\S*)/)
    return { program, port: listens, uri }
  }

  /**
   * Starts a peer with a folder of its own, which is both its share and its download folder, on a device of its own.
   */
  async peer(
    username: string,
    server: string,
    { args: more = [], ...options }: PeerSpawnOptions = {},
  ): Promise<TestProcess> {
    await mkdir(this.path(username), { recursive: true })
    this.#devices += 1
    const state = this.path(`state-${this.#devices}`)
    const folders = ['--share', username, '--download', username, '--state', state]
    const args = [programPath('bittrickle'), server, ...folders, ...more]
    return this.spawn(username, process.execPath, args, options)
  }

  /** Starts a peer and logs it in. */
  async logIn(
    username: 'hans' | 'yoda' | 'vader',
    server: string,
    args: readonly string[] = [],
  ): Promise<TestProcess> {
    const passwords = { hans: 'falcon*solo', yoda: 'wise@!man', vader: 'sithlord**' }
    const peer = await this.peer(username, server, {
      args,
      env: { BITTRICKLE_USERNAME: username, BITTRICKLE_PASSWORD: passwords[username] },
    })
    await peer.line(/^Welcome to BitTrickle!$/)
    return peer
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#processes.map((child) => child.stop('SIGKILL')))
    await rm(this.folder, { recursive: true, force: true })
  }
}
