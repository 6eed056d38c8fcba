import { BitTrickleError, CredentialsFile } from '../index.js'
import { openInput } from './input.js'
import { counted, printable } from './text.js'

/** What `bittrickle-server user` does to a credentials file. */
export class Accounts {
  readonly #file: CredentialsFile

  constructor(path: string) {
    this.#file = new CredentialsFile(path)
  }

  async add(name: string): Promise<void> {
    await this.#file.add(name, await askPassword())
    print(`Added ${printable(name)}.`)
  }

  async setPassword(name: string): Promise<void> {
    await this.#file.setPassword(name, await askPassword())
    print(`${printable(name)} has another password now.`)
  }

  async remove(name: string): Promise<void> {
    await this.#file.remove(name)
    print(`Removed ${printable(name)}.`)
  }

  async list(): Promise<void> {
    const all = await this.#file.list()
    print(`${counted(all.length, 'account', 'accounts')}${all.length === 0 ? '' : ':'}`)
    for (const { username, hashed } of all) {
      print(hashed ? printable(username) : `${printable(username)} (plain password)`)
    }
  }
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

async function askPassword(): Promise<string> {
  const input = openInput()
  try {
    const password = await input.ask('Password:', { hidden: true })
    if (password === undefined)
      throw new BitTrickleError('ABORTED', 'No password was given; nothing has changed.')
    if (!input.isTerminal) return password
    const again = await input.ask('The same again:', { hidden: true })
    if (again === password) return password
    throw new BitTrickleError('INVALID_OPTION', 'The two passwords differ; nothing has changed.')
  } finally {
    input.close()
  }
}
