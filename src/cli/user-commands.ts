import type { Command } from 'commander'
import { BitTrickleError, CredentialsFile } from '../index.js'
import { openInput } from './input.js'
import { counted, printable } from './text.js'

/**
 * Adds `user add|passwd|remove|list` to the server's program. The password is asked for, or is the first line of stdin;
 * it is never an argument, which everybody on the machine could read.
 */
export function addUserCommands(program: Command): void {
  const accounts = (): CredentialsFile =>
    new CredentialsFile(program.opts<{ credentials: string }>().credentials)
  const print = (line: string): void => {
    process.stdout.write(`${line}\n`)
  }
  const user = program.command('user').description('manage the accounts in the credentials file')
  user
    .command('add <name>')
    .description('add an account; the password is asked for, or read from stdin')
    .action(async (name: string) => {
      await accounts().add(name, await askPassword())
      print(`Added ${printable(name)}.`)
    })
  user
    .command('passwd <name>')
    .description('give an account another password; its session ends')
    .action(async (name: string) => {
      await accounts().setPassword(name, await askPassword())
      print(`${printable(name)} has another password now.`)
    })
  user
    .command('remove <name>')
    .description('remove an account; its session ends')
    .action(async (name: string) => {
      await accounts().remove(name)
      print(`Removed ${printable(name)}.`)
    })
  user
    .command('list')
    .description('list the accounts')
    .action(async () => {
      const all = await accounts().list()
      print(`${counted(all.length, 'account', 'accounts')}${all.length === 0 ? '' : ':'}`)
      for (const { username, hashed } of all) {
        print(hashed ? printable(username) : `${printable(username)} (plain password)`)
      }
    })
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
