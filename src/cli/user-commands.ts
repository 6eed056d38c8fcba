import type { Command } from 'commander'

/**
 * Adds `user add|passwd|remove|disable|enable|list` and `group add|remove|list` to the server's program. The password is asked for, or is the first line of stdin;
 * it is never an argument, which everybody on the machine could read.
 */
export function addUserCommands(program: Command): void {
  const accounts = async () => {
    const [{ Accounts }, { readSettings }] = await Promise.all([
      import('./accounts.js'),
      import('./serving/read-settings.js'),
    ])
    return new Accounts((await readSettings(program.opts(), process.env)).credentials)
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
    .description('remove an account; its session and its downloads end')
    .action(async (name: string) => (await accounts()).remove(name))
  user
    .command('disable <name>')
    .description('keep an account, but let nobody log in with it; its session and its downloads end')
    .action(async (name: string) => (await accounts()).disable(name))
  user
    .command('enable <name>')
    .description('let an account be used again that was disabled')
    .action(async (name: string) => (await accounts()).enable(name))
  user
    .command('list')
    .description('list the accounts')
    .action(async () => (await accounts()).list())
  const group = program.command('group').description('manage groups, to which files can be published')
  group
    .command('add <group> <users...>')
    .description('put users into a group')
    .action(async (name: string, users: string[]) => (await accounts()).addToGroup(name, users))
  group
    .command('remove <group> <users...>')
    .description('take users out of a group')
    .action(async (name: string, users: string[]) => (await accounts()).removeFromGroup(name, users))
  group
    .command('list')
    .description('list the groups and who is in them')
    .action(async () => (await accounts()).listGroups())
}
