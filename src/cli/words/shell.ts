import type { ProgramWord } from './word.js'

/** `shell`: what the program also does without any word. */
export const shell: ProgramWord = {
  kind: 'program',
  name: 'shell',
  group: 'The program:',
  summary: 'open a shell for all these words',
  notes: [
    'It opens, too, when no word is given, or an address in place of one. Tab completes words and names. Ctrl-C gives up ' +
      'what runs, else it leaves.',
  ],
  args: [{ syntax: '[server]', about: 'the index, as --server has it' }],
  examples: [
    ['', 'at the index that "bittrickle login" has remembered'],
    ['index.example', 'at another one'],
  ],
  async run(settings, { args }) {
    const { openShell } = await import('../open-shell.js')
    return openShell(settings, args[0])
  },
}
