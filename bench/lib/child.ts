import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** A process of a bench that does what it is told, one order at a time. */
export class Child<Order, Answer> implements Disposable {
  readonly #process: ChildProcess

  /** @param file - the bundled file of the same bench, as a URL */
  constructor(file: URL) {
    this.#process = fork(fileURLToPath(file), { execArgv: ['--enable-source-maps', '--expose-gc'] })
  }

  async ask(order: Order): Promise<Answer> {
    this.#process.setMaxListeners(0)
    const answered = once(this.#process, 'message')
    const ended = once(this.#process, 'exit').then(([code]) => {
      throw new Error(`a process of the bench ended (${code})`)
    })
    this.#process.send(order as object)
    const [answer] = (await Promise.race([answered, ended])) as [Answer]
    ended.catch(() => {})
    return answer
  }

  [Symbol.dispose](): void {
    this.#process.kill('SIGKILL')
  }
}

/** Does what the parent orders. */
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
}
