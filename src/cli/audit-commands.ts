import type { Command } from 'commander'

/** Adds `audit verify` to the server's program. */
export function addAuditCommands(program: Command): void {
  program
    .command('audit')
    .description('look at an audit trail')
    .command('verify <file>')
    .description(
      'check that no line was altered, removed, inserted or moved; prints how many there are, and the head',
    )
    .option('--head <hash>', 'a head that was noted earlier: its line must still be there')
    .action(async (file: string, { head }: { readonly head?: string }) => {
      const { verifyAudit } = await import('../index.js')
      const verified = await verifyAudit(file, head === undefined ? {} : { head })
      process.stdout.write(`${verified.lines} lines, head ${verified.head}\n`)
    })
}
