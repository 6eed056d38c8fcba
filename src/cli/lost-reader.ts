// As when SIGPIPE had ended it, which Node.js ignores.
const EXIT_SIGPIPE = 128 + 13

/**
 * Ends the program when nobody reads what it says any more, as behind `| head`: without a word, as other programs do.
 * Node.js would take it for a mistake of the program's.
 */
export function endWithReader(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(EXIT_SIGPIPE)
      throw error
    })
  }
}
