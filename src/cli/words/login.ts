import type { ProgramWord } from './word.js'

/** `login`: what is not asked for any more. */
export const login: ProgramWord = {
  kind: 'program',
  name: 'login',
  group: 'The program:',
  summary: 'log in once, and remember the index and the user',
  notes: [
    'They are written into the configuration file, once the index has taken the password. The password is kept by the ' +
      'system: on Linux by "secret-tool" (libsecret), on macOS in the keychain. Where there is neither it is asked for again.',
  ],
  args: [{ syntax: '[server]', about: 'the index, as --server has it; asked for otherwise' }],
  examples: [
    ["'bittrickle://index.example:5331?key=…'", 'asks for the user and the password'],
    ['index.example --username hans --password-stdin', 'asks for nothing'],
  ],
  async run(settings, { args }) {
    const { logInAndRemember } = await import('../remember.js')
    return logInAndRemember(settings, args[0])
  },
}
