import { Argument, type Command } from 'commander'

/** The shells that there is a script for. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const

/** Adds `completion bash|zsh|fish`, which prints a script for that shell. To be added when all other commands are there. */
export function addCompletionCommand(program: Command): void {
  program
    .command('completion')
    .description('print a script that makes a shell complete the words of this program')
    .addArgument(new Argument('<shell>', 'which one').choices(SHELLS))
    .addHelpText('after', `\nFor bash: source <(${program.name()} completion bash)`)
    .action(async (shell: (typeof SHELLS)[number]) => {
      process.stdout.write(await completionScript(program, shell))
    })
}

/** The script that makes a shell complete the words of a program. */
export async function completionScript(program: Command, shell: (typeof SHELLS)[number]): Promise<string> {
  const { wordsOf } = await import('./words.js')
  const words = wordsOf(program)
  const name = program.name()
  switch (shell) {
    case 'bash':
      return (await import('./bash.js')).bashScript(name, words)
    case 'zsh':
      return (await import('./zsh.js')).zshScript(name, words)
    case 'fish':
      return (await import('./fish.js')).fishScript(name, words)
  }
}
