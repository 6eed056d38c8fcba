import { EXIT } from './exit-codes.js'

// As when SIGPIPE had ended it, which Node.js ignores.
const EXIT_SIGPIPE = 128 + 13

/**
 * Ends the program when nobody reads what it says any more, as behind `| head`: without a word, as other programs do; and
 * with one when what it says cannot be written, as to a full disk. Node.js would take both for a mistake of the program's.
 */
export function endWithReader(): void {
  process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
    if (code === 'EPIPE') process.exit(EXIT_SIGPIPE)
    process.stderr.write(`The output cannot be written (${code}).\n`)
    process.exit(EXIT.failure)
  })
  process.stderr.on('error', ({ code }: NodeJS.ErrnoException) => {
    process.exit(code === 'EPIPE' ? EXIT_SIGPIPE : EXIT.failure)
  })
}
