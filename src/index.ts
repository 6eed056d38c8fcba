export { type Clock, systemClock, type Timer } from './clock.js'
export { BitTrickleError, type BitTrickleErrorOptions, type ErrorCode } from './errors.js'
export type { LogFields, Logger } from './logger.js'
export type { Authenticate } from './server/accounts.js'
export type {
  CatalogueEntry,
  CatalogueStore,
  Range,
  SearchFilter,
} from './server/catalogue/catalogue-store.js'
export { MemoryStore } from './server/catalogue/memory-store.js'
export type {
  IndexServerEvents,
  LocateEvent,
  LoginEvent,
  LoginFailedEvent,
  LogoutEvent,
  PublicationEvent,
  WarningEvent,
} from './server/events.js'
export { IndexServer, type IndexStats } from './server/index-server.js'
export type { IndexLimits } from './server/limits.js'
export type { IndexServerOptions } from './server/options.js'
export type { HeartbeatTimes, PeerInfo } from './wire/records.js'
