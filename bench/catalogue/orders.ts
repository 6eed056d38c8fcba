/** What the parent tells the process that has the catalogue. */
export type StoreOrder =
  /** Publishes so many, and closes the file. */
  | { readonly do: 'fill'; readonly path: string; readonly count: number }
  | { readonly do: 'open'; readonly path: string; readonly count: number }
  | { readonly do: 'search'; readonly count: number }
  /** Starts an index on it. */
  | { readonly do: 'listen' }
  /** Nothing but to say how long the event loop stood still. */
  | { readonly do: 'blocked' }

/** How a question went. */
export interface Row {
  readonly what: string
  /** Names on the first page. */
  readonly found: string
  readonly p50: number
  readonly p99: number
}

export interface StoreAnswer {
  readonly ms: number
  /** Milliseconds until names were prepared for being searched. */
  readonly ready: number
  /** Writes a second. */
  readonly rate: number
  /** Bytes of memory more than before. */
  readonly memory: number
  /** Bytes of the file. */
  readonly disk: number
  /** Longest time that the event loop stood still, in milliseconds. */
  readonly blocked: number
  /** The same in the first moment, when the code was not compiled yet. */
  readonly cold: number
  readonly rows: readonly Row[]
  readonly port: number
  readonly key: string
}

/** What the parent tells the load. */
export interface LoadOrder {
  readonly do: 'publish'
  readonly port: number
  readonly key: string
  readonly how: 'singly' | 'bulk'
  /** Requests. */
  readonly inFlight: number
  readonly ms: number
}

export interface LoadResult {
  readonly rate: number
  readonly p50: number
  readonly p99: number
}
