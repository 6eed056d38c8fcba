import type { Download } from './download/download.js'
import type { SessionInfo } from './types.js'
import type { Upload } from './upload/upload.js'

/** Something that went wrong on the other side or on the disk; the peer goes on. */
export interface PeerWarning {
  /** A sentence for people. */
  readonly message: string
  /** The error underneath, where there is one. */
  readonly cause?: unknown
}

/** A pause before the next try to reach the index. */
export interface ReconnectEvent {
  /** Which try, from 1 on. */
  readonly attempt: number
  /** Milliseconds until then. */
  readonly delay: number
}

/** The events of a Peer. */
export interface PeerEvents {
  /** A session is open: after `login()`, and whenever the peer has come back. */
  online: (session: SessionInfo) => void
  /** The index cannot be reached, or has ended the session. Running transfers go on. */
  offline: (reason: Error) => void
  /** The index is looked for again, after a pause. */
  reconnecting: (event: ReconnectEvent) => void
  /** Somebody fetches a file. */
  upload: (upload: Upload) => void
  /** `get()` was called. */
  download: (download: Download) => void
  /** Something went wrong on the other side or on the disk, and the peer goes on. */
  warning: (warning: PeerWarning) => void
  /** `close()` has ended everything. */
  close: () => void
}
