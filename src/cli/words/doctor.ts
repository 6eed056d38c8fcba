import type { ProgramWord } from './word.js'

/** `doctor`: why it does not work. */
export const doctor: ProgramWord = {
  kind: 'program',
  name: 'doctor',
  group: 'The program:',
  summary: 'look for what keeps this machine from sharing',
  notes: [
    'The index, the account, ports, folders and the system. With a user name and BITTRICKLE_PASSWORD a login is tried, too.',
  ],
  args: [{ syntax: '[server]', about: 'the index, as --server has it' }],
  examples: [
    ['', 'at the index that is remembered'],
    ['index.example --json', 'an object for each thing that was looked at'],
  ],
  async run(settings, { args }) {
    const { share: shareDir, download: downloadDir, state: stateDir, host, port, username, json } = settings
    const { BITTRICKLE_PASSWORD: password = '' } = settings.environment
    const { doctor } = await import('../doctor/doctor.js')
    const options = {
      server: args[0] ?? settings.server,
      shareDir,
      downloadDir,
      stateDir,
      port,
      ...(host === undefined ? {} : { host }),
      ...(username === undefined || password === '' ? {} : { username, password }),
    }
    return doctor(options, { out: process.stdout, json: json === true })
  },
}
