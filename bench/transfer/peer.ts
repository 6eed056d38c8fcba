// A process with one peer, which sends or receives.
import { readFile } from 'node:fs/promises'
import { PieceHasher } from '../../src/content/piece-hasher.js'
import { WriteThread } from '../../src/content/write-thread.js'
import { Peer } from '../../src/index.js'
import { obey } from '../lib/child.js'
import { peakMemory } from '../lib/process-usage.js'
import type { PeerAnswer, PeerOrder, Wanted } from './orders.js'

let peer: Peer | undefined

obey<PeerOrder, PeerAnswer>(async (order) => {
  const startedAt = performance.now()
  await carryOut(order)
  const ms = performance.now() - startedAt
  const { user, system } = process.cpuUsage()
  const peak = peakMemory(await readFile('/proc/self/status', 'utf8'))
  return { ms, cpu: (user + system) / 1e6, peak }
})

async function carryOut(order: PeerOrder): Promise<void> {
  switch (order.do) {
    case 'log in': {
      const { server, username, folder, uploadRate, verifies = true } = order
      if (!verifies) takeAnything()
      const rate = uploadRate === undefined ? {} : { uploadRate }
      peer = new Peer({ server, username, password: 'x', shareDir: folder, downloadDir: folder, ...rate })
      peer.on('warning', ({ message }) => console.error(message))
      await peer.login()
      return
    }
    case 'publish':
      for (const name of order.names) await peer?.publish(name)
      return
    case 'get':
      await peer?.get(order.wanted.name, { as: order.wanted.as }).done
      return
    case 'begin':
      return begin(order.wanted, order.share)
    case 'tell':
      return
  }
}

function begin({ name, as }: Wanted, share: number): Promise<void> | undefined {
  const download = peer?.get(name, { as })
  download?.on('progress', ({ transferred, size = 0 }) => {
    if (transferred >= share * size) download.cancel()
  })
  return download?.done.then(
    () => {
      throw new Error('it was over before it could be given up')
    },
    () => {},
  )
}

/** Switches verification off, in this process alone: the SDK has no such switch. */
function takeAnything(): void {
  WriteThread.script = new URL('./careless-worker.js', import.meta.url)
  PieceHasher.prototype.update = function () {
    return this
  }
  PieceHasher.prototype.matches = () => true
}
