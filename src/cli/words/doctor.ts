import type { Settings } from '../config/settings.js'
import type { ProgramWord } from './word.js'

/** `doctor`: what keeps this machine from sharing. */
export const doctor: ProgramWord = {
  kind: 'program',
  name: 'doctor',
  group: 'The program:',
  summary: 'look for what keeps this machine from sharing, and say what to do about it',
  notes: [
    'It looks at the index, its key, the TCP port, the folders and their disks, and the system. Where the user and the ' +
      'password are known, it logs in, too. The exit code is that of the first failure.',
  ],
  args: [{ syntax: '[server]', about: 'the index, as --server has it' }],
  examples: [
    ['', 'with the index and the account that are remembered'],
    ['index.example --json', 'an object for each thing that was looked at'],
  ],
  async run(settings, { args: [server = settings.server] }) {
    const [{ doctor: examineAll }, password] = await Promise.all([
      import('../doctor/doctor.js'),
      findPassword(settings, server),
    ])
    const { username, share, download, state, host, port } = settings
    const account = username === undefined || password === undefined ? {} : { username, password }
    return examineAll(
      {
        server,
        shareDir: share,
        downloadDir: download,
        stateDir: state,
        port,
        ...(host === undefined ? {} : { host }),
        ...account,
      },
      { out: process.stdout, json: settings.json === true },
    )
  },
}

// Nobody is asked: what is not known is not looked at.
async function findPassword(settings: Settings, server: string): Promise<string | undefined> {
  const { environment, keyring, username } = settings
  if (environment.BITTRICKLE_PASSWORD) return environment.BITTRICKLE_PASSWORD
  if (keyring !== true || username === undefined) return undefined
  const { findSecret } = await import('../config/keyring.js')
  return findSecret({ server, username })
}
