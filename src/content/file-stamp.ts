import type { BigIntStats } from 'node:fs'

/** What tells, without reading it, that a file is still the same one with the same bytes. */
export interface FileStamp {
  readonly size: number
  /** Nanoseconds: two writes within a millisecond differ. */
  readonly mtimeNs: bigint
  readonly ino: bigint
  readonly dev: bigint
}

/** The stamp of a file, from its `stat` with `bigint: true`. */
export function stampOf(stats: BigIntStats): FileStamp {
  return { size: Number(stats.size), mtimeNs: stats.mtimeNs, ino: stats.ino, dev: stats.dev }
}

/** A stamp as a text: that of another state of the file differs. */
export function stampText({ size, mtimeNs, ino, dev }: FileStamp): string {
  return `${dev}:${ino}:${size}:${mtimeNs}`
}

/** Whether nothing tells two stamps apart. */
export function isSameStamp(one: FileStamp, other: FileStamp): boolean {
  return (
    one.size === other.size && one.mtimeNs === other.mtimeNs && one.ino === other.ino && one.dev === other.dev
  )
}
