import { createInterface } from 'node:readline'

/** Asks somebody; undefined when there is no answer to come. */
export type Ask = (question: string, options?: { readonly hidden?: boolean }) => Promise<string | undefined>

/** Asks on the terminal, apart from the results; undefined where there is no terminal. */
export function terminalAsk(): Ask | undefined {
  if (process.stdin.isTTY !== true || process.stderr.isTTY !== true) return undefined
  return async (message, { hidden = false } = {}) => {
    const { isCancel, password, text } = await import('@clack/prompts')
    const options = { message, output: process.stderr }
    const answer = await (hidden ? password(options) : text(options))
    return isCancel(answer) ? undefined : String(answer ?? '')
  }
}

/** The first line of stdin; undefined when it has none. */
export async function firstLine(): Promise<string | undefined> {
  const lines = createInterface({ input: process.stdin })
  try {
    for await (const line of lines) return line
    return undefined
  } finally {
    lines.close()
    process.stdin.destroy()
  }
}
