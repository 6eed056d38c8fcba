import type { BitTrickleError } from '../../../errors.js'
import type { PeerWarning } from '../../events.js'
import type { Publication } from '../../types.js'
import type { SharedFolder } from './shared-folder.js'

/** Some changes that were brought in together. */
export interface SharedFolderBatch {
  /** What is published now, or was published anew. */
  readonly published: readonly Publication[]
  /** Names that are published no longer. */
  readonly unpublished: readonly string[]
}

/** A file of a shared folder that is not published. */
export interface SkippedFile {
  /** Absolute. */
  readonly path: string
  /** Why it cannot be published. */
  readonly reason: BitTrickleError
}

/** The events of a {@link SharedFolder}, once `share()` has resolved. */
export interface SharedFolderEvents {
  /** A file is published, or published anew since it has changed. */
  published: (publication: Publication) => void
  /** A name is published no longer, since its file has gone. */
  unpublished: (name: string) => void
  /** Changes that came together are brought in, all of them or as many as could be. */
  batch: (batch: SharedFolderBatch) => void
  /** Something could not be done, which the peer has warned of too. */
  warning: (warning: PeerWarning) => void
}
