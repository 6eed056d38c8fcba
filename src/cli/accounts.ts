import { BitTrickleError, CredentialsFile } from '../index.js'
import { openInput } from './input.js'
import { counted, printable } from './text.js'

/** What `bittrickle-server user` and `group` do to a credentials file. */
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

  async disable(name: string): Promise<void> {
    await this.#file.disable(name)
    print(`Disabled ${printable(name)}.`)
  }

  async enable(name: string): Promise<void> {
    await this.#file.enable(name)
    print(`Enabled ${printable(name)}.`)
  }

  async addToGroup(group: string, users: readonly string[]): Promise<void> {
    await this.#file.addToGroup(withoutAt(group), users)
    print(`Put ${users.map(printable).join(', ')} into @${printable(withoutAt(group))}.`)
  }

  async removeFromGroup(group: string, users: readonly string[]): Promise<void> {
    await this.#file.removeFromGroup(withoutAt(group), users)
    print(`Took ${users.map(printable).join(', ')} out of @${printable(withoutAt(group))}.`)
  }

  async listGroups(): Promise<void> {
    const groups = [...(await this.#file.groups())].filter(([, members]) => members.size > 0)
    print(`${counted(groups.length, 'group', 'groups')}${groups.length === 0 ? '' : ':'}`)
    for (const [group, members] of groups) {
      print(`@${printable(group)}: ${[...members].map(printable).join(', ')}`)
    }
  }

  async list(): Promise<void> {
    const all = await this.#file.list()
    print(`${counted(all.length, 'account', 'accounts')}${all.length === 0 ? '' : ':'}`)
    for (const { username, hashed, disabled, groups } of all) {
      const notes = [
        ...(hashed ? [] : ['plain password']),
        ...(disabled ? ['disabled'] : []),
        ...groups.map((group) => `@${printable(group)}`),
      ]
      print(`${printable(username)}${notes.length === 0 ? '' : ` (${notes.join(', ')})`}`)
    }
  }
}

// With its "@", as it is published to, or without.
const withoutAt = (group: string): string => (group.startsWith('@') ? group.slice(1) : group)

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
