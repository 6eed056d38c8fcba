import { SHELLS } from '../shell-completion/completion-command.js'
import type { ProgramWord } from './word.js'

/** `completion`: Tab in the user's own shell. */
export const completion: ProgramWord = {
  kind: 'program',
  name: 'completion',
  group: 'The program:',
  summary: 'print a script that makes a shell complete the words of this program',
  args: [{ syntax: '<shell>', about: 'which one', choices: SHELLS }],
  examples: [['bash', 'in .bashrc: source <(bittrickle completion bash)']],
  async run(_settings, { args: [shell] }) {
    const [{ peerProgram }, { completionScript }] = await Promise.all([
      import('../bittrickle.js'),
      import('../shell-completion/completion-command.js'),
    ])
    process.stdout.write(await completionScript(peerProgram(), shell as (typeof SHELLS)[number]))
    return 0
  },
}
