import type { ServerChannel } from './server-channel.js'
import type { TransportKeys } from './transport-keys.js'

/** Keys in use and the channel they belong to. */
export interface KeyedChannel<Data> {
  readonly keys: TransportKeys
  readonly channel: ServerChannel<Data>
}

/** The channels of an index by the indexes of their keys: at most two of them each, the present and the last. */
export class ChannelTable<Data> {
  readonly #byIndex = new Map<number, KeyedChannel<Data>>()
  readonly #channels = new Set<ServerChannel<Data>>()

  get size(): number {
    return this.#channels.size
  }

  has(index: number): boolean {
    return this.#byIndex.has(index)
  }

  get(index: number): KeyedChannel<Data> | undefined {
    return this.#byIndex.get(index)
  }

  add(channel: ServerChannel<Data>): void {
    this.#channels.add(channel)
    this.addKeys(channel, channel.keys)
  }

  addKeys(channel: ServerChannel<Data>, keys: TransportKeys): void {
    this.#byIndex.set(keys.localIndex, { keys, channel })
  }

  dropKeys(keys: TransportKeys): void {
    this.#byIndex.delete(keys.localIndex)
    keys.destroy()
  }

  remove(channel: ServerChannel<Data>): void {
    this.#channels.delete(channel)
    this.#byIndex.delete(channel.keys.localIndex)
    if (channel.oldKeys !== undefined) this.#byIndex.delete(channel.oldKeys.localIndex)
  }

  [Symbol.iterator](): IterableIterator<ServerChannel<Data>> {
    return this.#channels.values()
  }
}
