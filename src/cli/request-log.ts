import type { LogFields } from '../index.js'
import { printable } from './text.js'

const ADDRESS_WIDTH = 21
const USER_WIDTH = 12

/** Formats a line of the server's log: time, address, user, what, about what, outcome. */
export function formatLogLine(at: Date, message: string, fields: LogFields = {}): string {
  const { address, user, about, outcome, ...rest } = fields
  const shown = (value: LogFields[string]): string => printable(String(value ?? '-'))
  const parts = [
    at.toISOString(),
    shown(address).padEnd(ADDRESS_WIDTH),
    shown(user).padEnd(USER_WIDTH),
    printable(message),
  ]
  if (about !== undefined) parts.push(JSON.stringify(about))
  if (outcome !== undefined) parts.push('→', shown(outcome))
  for (const [key, value] of Object.entries(rest)) {
    if (value !== undefined) parts.push(`${key}=${JSON.stringify(value)}`)
  }
  return parts.join(' ')
}
