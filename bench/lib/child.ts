import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** A process of a bench that does what it is told, one order at a time. */
export class Child<Order, Answer> implements AsyncDisposable {
  readonly #process: ChildProcess
  readonly #exited: Promise<unknown>

  /**
   * @param file - the bundled file of the same bench, as a URL
   * @param env - besides that of the bench. With PROFILE=FOLDER the process leaves its CPU profile there.
   */
  constructor(file: URL, env: Readonly<Record<string, string>> = {}) {
    const { PROFILE } = process.env
    const profile = PROFILE === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${PROFILE}`]
    this.#process = fork(fileURLToPath(file), {
      execArgv: ['--expose-gc', ...profile],
      env: { ...process.env, ...env },
    })
    this.#exited = once(this.#process, 'exit')
  }

  async ask(order: Order): Promise<Answer> {
    this.#process.setMaxListeners(0)
    const answered = once(this.#process, 'message')
    const ended = this.#exited.then(() => {
      throw new Error(`a process of the bench ended (${this.#process.exitCode})`)
    })
    this.#process.send(order as object)
    const [answer] = (await Promise.race([answered, ended])) as [Answer]
    ended.catch(() => {})
    return answer
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.connected) this.#process.disconnect()
    await this.#exited
  }
}

/** Does what the parent orders, until that is gone. */
export function obey<Order, Answer>(act: (order: Order) => Promise<Answer>): void {
  process.on('message', (order) => {
    act(order as Order).then(
      (answer) => process.send?.(answer as object),
      (error) => {
        console.error(error)
        process.exit(1)
      },
    )
  })
  process.on('disconnect', () => process.exit())
}
