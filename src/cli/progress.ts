import { Presets, SingleBar } from 'cli-progress'
import type { Download } from '../index.js'
import { formatBytes } from './text.js'

/** Shows how a download goes on, as a bar on a terminal and not at all elsewhere; returns what removes the bar. */
export function showProgress(download: Download, output: NodeJS.WriteStream): () => void {
  if (!output.isTTY) return () => {}
  const startedAt = performance.now()
  let bar: SingleBar | undefined
  download.on('progress', ({ transferred, size }) => {
    const rate = transferred / Math.max(0.001, (performance.now() - startedAt) / 1000)
    const shown = {
      done: formatBytes(transferred),
      rate: `${formatBytes(rate)}/s`,
      all: formatBytes(size ?? 0),
    }
    // A classic source does not say how much there is: then the bytes and the rate must do.
    const format = size === undefined ? '{done}  {rate}' : '{bar} {percentage}%  {done} of {all}  {rate}'
    bar ??= start(format, output, size)
    bar.update(transferred, shown)
  })
  return () => bar?.stop()
}

function start(format: string, stream: NodeJS.WriteStream, size: number | undefined): SingleBar {
  const bar = new SingleBar(
    { format, stream, hideCursor: true, clearOnComplete: true },
    Presets.shades_classic,
  )
  bar.start(size ?? 0, 0, { done: '', rate: '', all: '' })
  return bar
}
