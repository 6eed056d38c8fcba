import type { Command } from 'commander'

/**
 * Adds `user add|passwd|remove|list` to the server's program. The password is asked for, or is the first line of stdin;
 * it is never an argument, which everybody on the machine could read.
 */
export function addUserCommands(program: Command): void {
  const accounts = async () => {
    const { Accounts } = await import('./accounts.js')
    return new Accounts(program.opts<{ credentials: string }>().credentials)
  }
  const user = program.command('user').description('manage the accounts in the credentials file')
  user
    .command('add <name>')
    .description('add an account; the password is asked for, or read from stdin')
    .action(async (name: string) => (await accounts()).add(name))
  user
    .command('passwd <name>')
    .description('give an account another password; its session ends')
    .action(async (name: string) => (await accounts()).setPassword(name))
  user
    .command('remove <name>')
    .description('remove an account; its session ends')
    .action(async (name: string) => (await accounts()).remove(name))
  user
    .command('list')
    .description('list the accounts')
    .action(async () => (await accounts()).list())
}
