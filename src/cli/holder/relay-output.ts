import type { Failure } from '../failures.js'
import type { Output, ResultList } from '../output/output.js'
import type { Progress } from '../output/progress-text.js'
import type { Messages } from './messages.js'

// Nobody sees more, and a fast transfer reports a thousand times a second.
const LEAST_APART = 100

/** An output that is that of another program. */
export class RelayOutput implements Output {
  readonly #messages: Messages
  readonly #toldAt = new Map<number, number>()

  constructor(messages: Messages) {
    this.#messages = messages
  }

  list(list: ResultList): void {
    this.#messages.send({ call: 'list', args: [list] })
  }

  result(text: string, record: object): void {
    this.#messages.send({ call: 'result', args: [text, record] })
  }

  note(text: string, record?: object): void {
    this.#messages.send({ call: 'note', args: record === undefined ? [text] : [text, record] })
  }

  failure(failure: Failure): void {
    this.#messages.send({ call: 'failure', args: [failure] })
  }

  progress(id: number, progress: Progress): void {
    const now = performance.now()
    const isWhole = progress.transferred === progress.size
    if (!isWhole && now - (this.#toldAt.get(id) ?? Number.NEGATIVE_INFINITY) < LEAST_APART) return
    this.#toldAt.set(id, now)
    this.#messages.send({ call: 'progress', args: [id, progress] })
  }

  progressEnd(id: number): void {
    this.#toldAt.delete(id)
    this.#messages.send({ call: 'progressEnd', args: [id] })
  }

  async confirm(question: string): Promise<boolean> {
    this.#messages.send({ question })
    return (await this.#messages.next<{ readonly answer: boolean }>())?.answer === true
  }
}
