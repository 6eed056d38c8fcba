/** What is in the catalogue. */
export const PUBLICATIONS = 100_000

/** Their publishers. Those of odd number have a certificate and say what is behind their names; the others do not. */
export const OWNERS = 10

/**
 * What is asked of the index. `get` asks where a name is; `ticket` asks so too, where the answer is with a permission,
 * signed anew for each name.
 */
export type Work = 'heartbeat' | 'get' | 'ticket' | 'sch' | 'pub'

/** What the parent tells the load. */
export type LoadOrder =
  | { readonly do: 'connect'; readonly port: number; readonly key: string }
  | {
      readonly do: 'echo'
      readonly port: number
      readonly bytes: number
      readonly inFlight: number
      readonly ms: number
    }
  | { readonly do: 'work'; readonly work: Work; readonly inFlight: number; readonly ms: number }
  | { readonly do: 'sessions'; readonly port: number; readonly key: string; readonly count: number }

/** How it went: answers a second, and milliseconds until each. */
export interface LoadResult {
  readonly rate: number
  readonly p50: number
  readonly p99: number
  /** Bytes of a request's datagram. */
  readonly bytes: number
}

/** What the parent tells the server. */
export type ServerOrder = { readonly do: 'start' | 'usage' | 'collect' }

export interface ServerAnswer {
  readonly indexPort: number
  readonly echoPort: number
  readonly key: string
  /** CPU time so far, in milliseconds. */
  readonly cpu: number
  /** Resident memory in bytes. */
  readonly memory: number
}
