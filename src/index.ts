export type { Address } from './channel/datagram-socket.js'
export { type Clock, systemClock, type Timer } from './clock.js'
export type { HashProgress } from './content/hash-file.js'
export { BitTrickleError, type BitTrickleErrorOptions, type ErrorCode } from './errors.js'
export type { LogFields, Logger } from './logger.js'
export {
  Download,
  type DownloadEvents,
  type LostSource,
  type QueuedAtSource,
  type VerifiedPiece,
} from './peer/download/download.js'
export type { PeerEvents, PeerWarning, ReconnectEvent } from './peer/events.js'
export { type KnownServer, KnownServers } from './peer/known-servers.js'
export type { PeerOptions } from './peer/options.js'
export { Peer } from './peer/peer.js'
export { type IndexProbe, type ProbeOptions, probeIndex } from './peer/probe-index.js'
export type { SharedFolderOptions } from './peer/share/watch/options.js'
export { SharedFolder } from './peer/share/watch/shared-folder.js'
export type {
  SharedFolderBatch,
  SharedFolderEvents,
  SkippedFile,
} from './peer/share/watch/shared-folder-events.js'
export type {
  DownloadedFile,
  GetOptions,
  LocateOptions,
  Location,
  Publication,
  PublishOptions,
  ReadStreamOptions,
  SearchHit,
  SearchOptions,
  SessionInfo,
  TransferProgress,
} from './peer/types.js'
export { Upload, type UploadEvents, type UploadInfo, type UploadReceiver } from './peer/upload/upload.js'
export type { Admission, Authenticate } from './server/accounts/accounts.js'
export { type AccountInfo, CredentialsFile } from './server/accounts/credentials-file.js'
export { type VerifiedAudit, type VerifyAuditOptions, verifyAudit } from './server/audit/verify-audit.js'
export type {
  CatalogueEntry,
  CatalogueStore,
  NamePage,
  Range,
  SearchFilter,
} from './server/catalogue/catalogue-store.js'
export { MemoryStore } from './server/catalogue/memory-store.js'
export { SqliteStore } from './server/catalogue/sqlite-store.js'
export { checkIndex, type IndexCheck } from './server/check-index.js'
export type {
  CommitEvent,
  IndexServerEvents,
  LimitedEvent,
  LocateEvent,
  LoginEvent,
  LoginFailedEvent,
  LogoutEvent,
  PublicationEvent,
  ReceiptEvent,
  ReceiptsLostEvent,
  RefusedEvent,
  RequestType,
  TicketEvent,
  WarningEvent,
} from './server/events.js'
export { IndexServer, type ReloadOptions } from './server/index-server.js'
export type { IndexLimits } from './server/limits.js'
export type { IndexServerOptions } from './server/options.js'
export type { DatagramCounts, IndexStats, RequestCount } from './server/stats.js'
export type { HeartbeatTimes, PeerInfo, SourceRecord } from './wire/records.js'
