import type { Settings } from '../config/settings.js'
import { ProgramOutput, type ProgramOutputOptions } from './program-output.js'

/** How a program that runs one word puts things out; a shell does some of it in its own way. */
export function makeOutput(
  settings: Settings,
  shell?: Pick<ProgramOutputOptions, 'note' | 'confirm'>,
): ProgramOutput {
  return new ProgramOutput({
    json: settings.json === true,
    progress: settings.progress === true,
    color: settings.color,
    isShell: shell !== undefined,
    note: (line) => {
      process.stderr.write(`${line}\n`)
    },
    confirm: askForYes,
    ...shell,
  })
}

async function askForYes(question: string, signal: AbortSignal): Promise<boolean> {
  if (process.stdin.isTTY !== true || process.stderr.isTTY !== true) return true
  const { confirm, isCancel } = await import('@clack/prompts')
  const answer = await confirm({ message: question, output: process.stderr, signal })
  return !isCancel(answer) && answer
}
