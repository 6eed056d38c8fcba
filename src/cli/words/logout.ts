import type { ProgramWord } from './word.js'

/** `logout`: what `login` has remembered goes. */
export const logout: ProgramWord = {
  kind: 'program',
  name: 'logout',
  group: 'The program:',
  summary: 'forget the index, the user and the password',
  notes: ['Programs that run go on. What you publish stays published.'],
  examples: [['', 'forget what "bittrickle login" has remembered']],
  async run(settings) {
    const { forgetLogin } = await import('../remember.js')
    return forgetLogin(settings)
  },
}
