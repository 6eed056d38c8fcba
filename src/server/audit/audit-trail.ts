import { ClockedBucket } from '../../channel/clocked-bucket.js'
import type { Clock } from '../../clock.js'
import type { IndexServerEvents } from '../events.js'
import { AuditLog, type AuditLogOptions } from './audit-log.js'
import { type AuditEntry, type Cause, toEntry } from './to-entry.js'

// Lines that somebody can bring about without doing anything but being refused, for each kind of cause together: so many
// a second for ever, and ten times a quarter of an hour's worth of honest mistakes at once. Of the rest, the number is told.
const LINES: Readonly<Record<Cause, { readonly burst: number; readonly perSecond: number }>> = {
  // At some 300 bytes a line, a flood costs 260 MB a day.
  stranger: { burst: 1_000, perSecond: 10 },
  account: { burst: 5_000, perSecond: 100 },
}

/** The audit trail of an index: takes its events, and writes those that matter. */
export class AuditTrail {
  readonly #log: AuditLog
  readonly #gates: Readonly<Record<Cause, Gate>>

  constructor(options: AuditLogOptions) {
    const { clock } = options
    this.#log = new AuditLog(options)
    this.#gates = {
      stranger: new Gate(clock, LINES.stranger),
      account: new Gate(clock, LINES.account),
    }
  }

  /**
   * Begins the trail, or goes on with it.
   *
   * @param key - public key of the index
   * @throws {@link BitTrickleError} `AUDIT_FOREIGN`, `AUDIT_BROKEN`, `DISK_ERROR`
   */
  open(key: string): Promise<void> {
    return this.#log.open(key)
  }

  /**
   * Goes on at the path where the file was moved away from it.
   *
   * @returns whether it was
   * @throws {@link BitTrickleError} as `open` does; it goes on in the old file then
   */
  reopen(): Promise<boolean> {
    return this.#log.reopen()
  }

  /** Takes an event. */
  note<Name extends keyof IndexServerEvents>(name: Name, ...args: Parameters<IndexServerEvents[Name]>): void {
    const entry = toEntry(name, args[0])
    if (entry === undefined) return
    if (entry.cause === undefined) this.#log.add(entry)
    else this.#addIfRoom(entry, entry.cause)
  }

  #addIfRoom(entry: AuditEntry, cause: Cause): void {
    const gate = this.#gates[cause]
    if (!gate.isOpen()) return
    this.#tellOmitted(cause, gate)
    this.#log.add(entry)
  }

  #tellOmitted(cause: Cause, gate: Gate): void {
    const count = gate.takeOmitted()
    if (count > 0) this.#log.add({ type: 'omitted', fields: { cause, count } })
  }

  /** Writes what is not written yet. May be called again. */
  async close(): Promise<void> {
    this.#tellOmitted('stranger', this.#gates.stranger)
    this.#tellOmitted('account', this.#gates.account)
    await this.#log.close()
  }
}

/** Lets so many through, and counts the others. */
class Gate {
  readonly #bucket: ClockedBucket
  #omitted = 0

  constructor(clock: Clock, { burst, perSecond }: { readonly burst: number; readonly perSecond: number }) {
    this.#bucket = new ClockedBucket(clock, burst, perSecond)
  }

  isOpen(): boolean {
    if (this.#bucket.tryRemoveTokens(1)) return true
    this.#omitted++
    return false
  }

  takeOmitted(): number {
    const omitted = this.#omitted
    this.#omitted = 0
    return omitted
  }
}
