import { createInterface, type Interface } from 'node:readline'
import { isCancel, password, text } from '@clack/prompts'
import type { Completer } from './completion.js'

/** Where a program's questions are answered, and its commands come from. */
export interface Input {
  /** Whether a person types. */
  readonly isTerminal: boolean
  /** Asks; undefined when there is no answer to come. */
  ask(question: string, options?: { readonly hidden?: boolean }): Promise<string | undefined>
  /** Asks for a yes or a no; without a terminal it is a yes. */
  confirm(question: string, signal: AbortSignal): Promise<boolean>
  /** Hands each line to `handle`, the next when that is done, until the input ends or `handle` says so. */
  eachLine(handle: (line: string) => Promise<'more' | 'end'>, options: LineOptions): Promise<void>
  /** Writes a line to stderr without tearing what is being typed. */
  note(line: string): void
  /** Lets go of the input. */
  close(): void
}

/** What a terminal does besides reading lines. */
export interface LineOptions {
  readonly completer: Completer
  /** Ctrl-C was pressed; "end" ends the input. */
  readonly onInterrupt: () => 'more' | 'end'
}

/** Takes the terminal when a person sits at it, else the lines of stdin. */
export function openInput(): Input {
  return process.stdin.isTTY === true && process.stdout.isTTY === true ? new TerminalInput() : new PipeInput()
}

class TerminalInput implements Input {
  readonly isTerminal = true
  #readline: Interface | undefined

  async ask(question: string, { hidden = false } = {}): Promise<string | undefined> {
    const answer = await (hidden ? password({ message: question }) : text({ message: question }))
    return isCancel(answer) ? undefined : String(answer ?? '')
  }

  // While lines are read, what is typed is theirs.
  confirm(question: string, signal: AbortSignal): Promise<boolean> {
    const readline = this.#readline
    if (readline === undefined) return Promise.resolve(false)
    return new Promise((resolve) => {
      signal.addEventListener('abort', () => resolve(false), { once: true })
      readline.once('close', () => resolve(false))
      readline.question(`${question} [y/N] `, { signal }, (answer) =>
        resolve(/^y(es)?$/i.test(answer.trim())),
      )
    })
  }

  eachLine(handle: (line: string) => Promise<'more' | 'end'>, options: LineOptions): Promise<void> {
    const { stdin: input, stdout: output } = process
    const readline = createInterface({ input, output, prompt: '> ', completer: options.completer })
    this.#readline = readline
    return new Promise((resolve, reject) => {
      let working = Promise.resolve()
      readline.on('close', () => {
        // A prompt would open the input again, and keep the program from ending.
        this.#readline = undefined
        working.then(resolve, reject)
      })
      readline.on('SIGINT', () => {
        if (options.onInterrupt() === 'end') readline.close()
      })
      readline.on('line', (line) => {
        working = working
          .then(() => handle(line))
          .then((next) => {
            if (next === 'end') readline.close()
            else this.#readline?.prompt()
          })
        working.catch(() => readline.close())
      })
      readline.prompt()
    })
  }

  note(line: string): void {
    if (this.#readline === undefined) {
      process.stderr.write(`${line}\n`)
      return
    }
    // Over the prompt, which then comes back below with what was typed.
    process.stdout.write('\r\x1b[K')
    process.stderr.write(`${line}\n`)
    this.#readline.prompt(true)
  }

  close(): void {
    this.#readline?.close()
  }
}

class PipeInput implements Input {
  readonly isTerminal = false
  readonly #readline = createInterface({ input: process.stdin })
  // Made at once: lines that come before anyone asks are kept.
  readonly #lines = this.#readline[Symbol.asyncIterator]()

  async ask(question: string): Promise<string | undefined> {
    process.stderr.write(`${question}\n`)
    const { value, done } = await this.#lines.next()
    return done === true ? undefined : value
  }

  async confirm(): Promise<boolean> {
    return true
  }

  async eachLine(handle: (line: string) => Promise<'more' | 'end'>): Promise<void> {
    for await (const line of this.#lines) {
      if ((await handle(line)) === 'end') return
    }
  }

  note(line: string): void {
    process.stderr.write(`${line}\n`)
  }

  close(): void {
    this.#readline.close()
    process.stdin.destroy()
  }
}
