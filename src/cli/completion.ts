/** What readline calls when Tab is pressed: the candidates, and the part of the line that they replace. */
export type Completer = (line: string, callback: (error: null, result: [string[], string]) => void) => void

/** Where the arguments of a command may come from. */
export type Candidates = (command: string) => Promise<readonly string[]>

/** Completes commands in the first place, and what `candidates` offers behind them. */
export function makeCompleter(commands: readonly string[], candidates: Candidates): Completer {
  return (line, callback) => {
    complete(line, commands, candidates).then(
      (result) => callback(null, result),
      // Nothing to offer is better than an error in the middle of a line.
      () => callback(null, [[], line]),
    )
  }
}

async function complete(
  line: string,
  commands: readonly string[],
  candidates: Candidates,
): Promise<[string[], string]> {
  const match = /^\s*(\S+)\s+(.*)$/u.exec(line)
  if (match === null) {
    const start = line.trimStart()
    return [commands.filter((command) => command.startsWith(start)).map((command) => `${command} `), start]
  }
  const [, command = '', typed = ''] = match
  const start = typed.replace(/^["']/, '')
  const fitting = (await candidates(command)).filter((name) => name.startsWith(start))
  return [fitting.map(quoteWhereNeeded), typed]
}

/** Names, and the folders that they are in. */
export function withFolders(names: readonly string[]): string[] {
  const all = new Set(names)
  for (const name of names) {
    for (let end = name.indexOf('/'); end >= 0; end = name.indexOf('/', end + 1))
      all.add(name.slice(0, end + 1))
  }
  return [...all].sort()
}

/** A word as it must be typed. */
export function quoteWhereNeeded(word: string): string {
  return /[\s"'\\]/u.test(word) ? `'${word.replaceAll("'", "'\\''")}'` : word
}
