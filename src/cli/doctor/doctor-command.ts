import type { Command } from 'commander'

interface PeerFlags {
  readonly share: string
  readonly download: string
  readonly state: string
  readonly host?: string
  readonly port: number
}

/** Adds `doctor` to the program of a peer, whose flags say what to look at. */
export function addDoctorCommand(program: Command, onExitCode: (code: number) => void): void {
  program
    .command('doctor [server]')
    .description(
      'look for what keeps this machine from sharing: the index, the account, ports, folders, the system',
    )
    .option('--json', 'print a JSON object for each thing that was looked at')
    .addHelpText('after', '\nWith BITTRICKLE_USERNAME and BITTRICKLE_PASSWORD a login is tried, too.')
    .action(async (server: string | undefined, { json }: { readonly json?: boolean }) => {
      const {
        share: shareDir,
        download: downloadDir,
        state: stateDir,
        host,
        port,
      } = program.opts<PeerFlags>()
      const { BITTRICKLE_USERNAME: username, BITTRICKLE_PASSWORD: password } = process.env
      const { doctor } = await import('./doctor.js')
      const options = {
        server: server ?? '5331',
        shareDir,
        downloadDir,
        stateDir,
        port,
        ...(host === undefined ? {} : { host }),
        ...(username === undefined || password === undefined ? {} : { username, password }),
      }
      onExitCode(await doctor(options, { out: process.stdout, json: json === true }))
    })
}
