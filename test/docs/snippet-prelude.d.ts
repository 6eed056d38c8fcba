// What the examples of the documents and comments take for granted: the exports of the SDK, and a few things of the reader's.
import type * as sdk from 'bittrickle'

declare global {
  const BitTrickleError: typeof sdk.BitTrickleError
  const CredentialsFile: typeof sdk.CredentialsFile
  const IndexServer: typeof sdk.IndexServer
  const KnownServers: typeof sdk.KnownServers
  const MemoryStore: typeof sdk.MemoryStore
  const Peer: typeof sdk.Peer
  const SqliteStore: typeof sdk.SqliteStore
  const verifyAudit: typeof sdk.verifyAudit

  type Logger = sdk.Logger

  const peer: sdk.Peer
  const password: string
  const stateDir: string
  /** The head of an audit trail that was noted some time before. */
  const noted: string
  /** The user table of an app. */
  const directory: {
    check(username: string, password: string): Promise<{ readonly teams: readonly string[] } | undefined>
  }
}
