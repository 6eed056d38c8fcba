import type { Writable } from 'node:stream'
import pc from 'picocolors'
import type { LogFields, Logger } from '../index.js'
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

/** A logger that writes a line for each request and its answer. Heartbeats are shown with `debug` only. */
export function requestLog(output: Writable, debug: boolean): Logger {
  const write = (colour: (text: string) => string) => (message: string, fields?: LogFields) => {
    output.write(`${colour(formatLogLine(new Date(), message, fields))}\n`)
  }
  return {
    debug: debug ? write(pc.dim) : () => {},
    info: (message, fields) => {
      const isRefusal = fields?.outcome !== undefined && fields.outcome !== 'ok'
      write(isRefusal ? pc.yellow : String)(message, fields)
    },
    warn: write(pc.yellow),
    error: write(pc.red),
  }
}
