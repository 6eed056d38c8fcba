import type { WordContext } from './word.js'

/**
 * Does the same with each of several names, a bounded number at a time. Where it is one alone, its failure is that of the
 * command; of several each failure is told when it happens, and the others go on.
 *
 * @param run - gets a number of its own for the progress, which is 0 for what is alone
 * @returns the exit code of the first of the names that failed; 0 when none did
 */
export async function forEach(
  { output, signal }: WordContext,
  names: readonly string[],
  atOnce: number,
  run: (name: string, id: number) => Promise<void>,
): Promise<number> {
  const [only] = names
  if (only !== undefined && names.length === 1) {
    await run(only, 0)
    return 0
  }
  const [{ default: pLimit }, { toFailure }] = await Promise.all([
    import('p-limit'),
    import('../failures.js'),
  ])
  const limit = pLimit(atOnce)
  const codes = await Promise.all(
    names.map((name, index) =>
      limit(async () => {
        try {
          signal.throwIfAborted()
          await run(name, index + 1)
          return 0
        } catch (error) {
          // Each of them was given up: one sentence for all is enough.
          if (signal.aborted) return 0
          const failure = toFailure(error, false)
          output.failure({ ...failure, name })
          return failure.exitCode
        }
      }),
    ),
  )
  signal.throwIfAborted()
  return codes.find((code) => code !== 0) ?? 0
}
