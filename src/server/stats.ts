import type { ErrorCode } from '../errors.js'
import type { Request } from '../wire/messages.js'

/** Figures of a running index. Those that count begin at 0 with `listen()`. */
export interface IndexStats {
  /** Users who are logged in now. */
  readonly sessions: number
  /** Sealed channels that are open, logged in or not. */
  readonly channels: number
  /** Publications of all users, active or not. */
  readonly publications: number
  /** Publishes and unpublishes that wait for the disk now; 0 for a store that does not tell. */
  readonly waitingWrites: number
  /** Requests that were understood and answered so far, by what was asked and how it went. */
  readonly requests: readonly RequestCount[]
  /** What went over the socket so far, in both protocols. */
  readonly datagrams: DatagramCounts
}

/** How often a request had an outcome. */
export interface RequestCount {
  readonly request: Request['type']
  /** `ok`, or why it was refused. */
  readonly outcome: 'ok' | ErrorCode
  readonly count: number
}

/** Datagrams, and the bytes in them. */
export interface DatagramCounts {
  readonly received: number
  readonly receivedBytes: number
  readonly sent: number
  readonly sentBytes: number
}

/** Counts what an index does. */
export class Tally {
  // Both keys come from closed sets: no stranger makes an entry.
  readonly #requests = new Map<Request['type'], Map<RequestCount['outcome'], number>>()
  readonly datagrams = { received: 0, receivedBytes: 0, sent: 0, sentBytes: 0 }

  /** A request was answered. */
  answered(request: Request['type'], outcome: RequestCount['outcome']): void {
    let outcomes = this.#requests.get(request)
    if (outcomes === undefined) {
      outcomes = new Map()
      this.#requests.set(request, outcomes)
    }
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
  }

  /** A datagram arrived. */
  received(bytes: number): void {
    this.datagrams.received += 1
    this.datagrams.receivedBytes += bytes
  }

  /** A datagram was sent. */
  sent(bytes: number): void {
    this.datagrams.sent += 1
    this.datagrams.sentBytes += bytes
  }

  /** All requests so far. */
  requests(): RequestCount[] {
    return [...this.#requests].flatMap(([request, outcomes]) =>
      [...outcomes].map(([outcome, count]) => ({ request, outcome, count })),
    )
  }
}
