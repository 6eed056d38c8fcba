/** What the parent tells the index, which only has to be there. */
export interface IndexOrder {
  readonly do: 'start'
}

export interface IndexAnswer {
  readonly uri: string
}

/** What the parent tells a peer. */
export type PeerOrder =
  | {
      readonly do: 'log in'
      readonly server: string
      readonly username: string
      /** Its share folder and its download folder. */
      readonly folder: string
      readonly uploadRate?: number
      /** False for what the SDK cannot do: to take whatever comes. */
      readonly verifies?: boolean
    }
  /** Files, or folders. */
  | { readonly do: 'publish'; readonly names: readonly string[] }
  | { readonly do: 'get'; readonly wanted: Wanted }
  /** Gives a download up when so much of it has come. */
  | { readonly do: 'begin'; readonly wanted: Wanted; readonly share: number }
  /** Nothing but to say what it has used so far. */
  | { readonly do: 'tell' }

export interface Wanted {
  /** A folder where it ends in "/". */
  readonly name: string
  /** A fresh file or folder each time. */
  readonly as: string
}

export interface PeerAnswer {
  /** How long it took to do it. */
  readonly ms: number
  /** CPU seconds since the process began. */
  readonly cpu: number
  /** The most memory that the process had at a time, in bytes. */
  readonly peak: number
}

/** What the parent tells a process that has TLS and nothing above it. */
export type BareOrder =
  | { readonly do: 'serve'; readonly path: string }
  | { readonly do: 'fetch'; readonly from: NonNullable<BareAnswer['served']>; readonly path: string }
  | { readonly do: 'tell' }

export interface BareAnswer extends Pick<PeerAnswer, 'ms' | 'cpu'> {
  readonly served?: { readonly port: number; readonly fingerprint: string }
}
