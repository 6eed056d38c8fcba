/** What a bundler makes of a peer. */
export interface PeerBundle {
  readonly bytes: number
  readonly text: string
  /** Files of which something is left in it. */
  readonly inputs: readonly string[]
}
export function bundlePeer(options: {
  readonly withDependencies: boolean
  readonly from?: string
}): Promise<PeerBundle>
export function measureSizes(): Promise<Readonly<Record<string, number>>>
