import type { Download, DownloadedFile, SourceRecord } from '../../index.js'
import type { Output } from '../output/output.js'

/** Shows how far a download is, until it has ended. */
export async function oneDownload(download: Download, output: Output, id: number): Promise<DownloadedFile> {
  const sources = new Set<string>()
  const places = new Map<string, number>()
  // What an earlier run has left is told with the first progress.
  let hasBegun = false
  const show = (): void => {
    // What is waited for is worth telling only while nothing comes from anybody.
    const place = sources.size === 0 && places.size > 0 ? Math.min(...places.values()) : undefined
    if (!hasBegun && place === undefined) return
    output.progress(id, {
      name: download.name,
      ...download.progress,
      sources: sources.size,
      ...(place === undefined ? {} : { place }),
    })
  }
  download.on('progress', () => {
    hasBegun = true
    show()
  })
  download.on('source', (source) => {
    sources.add(keyOf(source))
    show()
  })
  download.on('queued', ({ source, place }) => {
    const key = keyOf(source)
    if (place === 0) places.delete(key)
    else places.set(key, place)
    if (place === 0) sources.add(key)
    else sources.delete(key)
    show()
  })
  download.on('sourceLost', ({ source }) => {
    sources.delete(keyOf(source))
    places.delete(keyOf(source))
    show()
  })
  try {
    return await download.done
  } finally {
    output.progressEnd(id)
  }
}

const keyOf = ({ host, port }: SourceRecord): string => `${host} ${port}`
