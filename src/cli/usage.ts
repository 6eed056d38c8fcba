import { CommanderError } from 'commander'

/** The error for words that do not go together, as commander has it for those that it does not know. */
export const usageError = (message: string): CommanderError =>
  new CommanderError(2, 'bittrickle.usage', `error: ${message}`)
