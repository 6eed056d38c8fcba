import type { Clock } from '../../clock.js'
import type { RevokedUsers } from '../../transfer/revoked-users.js'
import type { TicketVerifier } from '../../transfer/ticket.js'
import type { RateLimit } from '../rate-limit.js'
import type { Receipt } from '../receipts.js'
import type { ContentSource, ServedContent } from './content-source.js'
import type { Upload } from './upload.js'
import type { UploadQueue } from './upload-queue.js'

/** What all connections of the source's end have in common. */
export interface UploadServices {
  readonly source: ContentSource
  /** Of the index that this peer is logged in at; undefined before that, and then nothing is served. */
  readonly verifier: () => TicketVerifier | undefined
  /** Users whose tickets the index has taken back. */
  readonly revoked: RevokedUsers
  readonly queue: UploadQueue
  readonly rate: RateLimit
  readonly clock: Clock
  readonly onUpload: (upload: Upload) => void
  /** An upload that was announced has ended. @defaultValue nobody is told */
  readonly onReceipt?: (receipt: Receipt) => void
  /** The file behind a content is no longer what was published, or is gone: it must be hashed again. */
  readonly onChanged: (served: ServedContent) => void
  readonly onWarning: (message: string, cause?: unknown) => void
}
