import type { Writable } from 'node:stream'
import pc from 'picocolors'
import type { LogFields, Logger } from '../../index.js'
import { formatLogLine } from '../request-log.js'
import type { LogLevel } from './settings.js'

const GRAVITY: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 }

/** How a server's log is written. */
export interface LogStyle {
  readonly level: LogLevel
  /** An object a line, for programs, instead of a line for people. */
  readonly json: boolean
}

/** The log of the server: a line for each request and its answer. Its style may change while it is written. */
export class ServerLog implements Logger {
  readonly #output: Writable
  #style: LogStyle

  constructor(output: Writable, style: LogStyle) {
    this.#output = output
    this.#style = style
  }

  /** Writes in another style from now on. */
  set style(style: LogStyle) {
    this.#style = style
  }

  debug(message: string, fields?: LogFields): void {
    this.#write('debug', message, fields)
  }

  info(message: string, fields?: LogFields): void {
    this.#write('info', message, fields)
  }

  warn(message: string, fields?: LogFields): void {
    this.#write('warn', message, fields)
  }

  error(message: string, fields?: LogFields): void {
    this.#write('error', message, fields)
  }

  /** A sentence to the operator, at any level; with `json`, the event that it tells of. */
  say(sentence: string, event: string, fields: LogFields = {}): void {
    this.#output.write(`${this.#style.json ? toJson('info', event, fields) : sentence}\n`)
  }

  #write(level: LogLevel, message: string, fields?: LogFields): void {
    const { level: least, json } = this.#style
    if (GRAVITY[level] < GRAVITY[least]) return
    const line = json
      ? toJson(level, message, fields)
      : colourOf(level, fields)(formatLogLine(new Date(), message, fields))
    this.#output.write(`${line}\n`)
  }
}

// The first three are ours, whatever else an event has.
function toJson(level: LogLevel, event: string, fields: LogFields = {}): string {
  const own = { time: new Date().toISOString(), level, event }
  return JSON.stringify(Object.assign({ ...own }, fields, own))
}

function colourOf(level: LogLevel, fields: LogFields = {}): (text: string) => string {
  const isRefusal = fields.outcome !== undefined && fields.outcome !== 'ok'
  const colours = { debug: pc.dim, info: isRefusal ? pc.yellow : String, warn: pc.yellow, error: pc.red }
  return colours[level]
}
