import { rm } from 'node:fs/promises'
import { Child } from '../lib/child.js'
import { median, printTable } from '../lib/figures.js'
import { inMiB, printBar } from '../lib/print.js'
import type { BareAnswer, BareOrder } from './orders.js'
import { ROUNDS, SIZE_MIB } from './settings.js'
import { MIB, type PeerProcess, type Site, writeRandom } from './site.js'
import { hashSum, Web } from './web.js'

interface Round {
  readonly ms: number
  /** CPU seconds. */
  readonly sender: number
  readonly receiver: number
}

type BareProcess = Child<BareOrder, BareAnswer>

/** One large file, against nginx and curl, and against what Node.js can do. */
export async function measureLarge(site: Site): Promise<void> {
  const bytes = SIZE_MIB * MIB
  const share = await site.empty('share')
  const inbox = await site.empty('inbox')
  await writeRandom(site.path('share', 'large.bin'), bytes)

  await using web = await Web.start(share, site.path('nginx'))
  const sender = await site.peer({ folder: share })
  const receiver = await site.peer({ folder: inbox })
  const careless = await site.peer({ folder: inbox, verifies: false })
  await using bareSender: BareProcess = new Child(new URL('bare-tls.js', import.meta.url))
  await using bareReceiver: BareProcess = new Child(new URL('bare-tls.js', import.meta.url))
  const { served } = await bareSender.ask({ do: 'serve', path: site.path('share', 'large.bin') })
  if (served === undefined) throw new Error('nothing is served')
  const published = await sender.ask({ do: 'publish', names: ['large.bin'] })

  const fetchByPeer = (peer: PeerProcess, as: string): Promise<Round> =>
    fetchOnce(sender, peer, site.path('inbox', as), () =>
      peer.ask({ do: 'get', wanted: { name: 'large.bin', as } }),
    )
  const fetched: Round[] = []
  const summed: Round[] = []
  const ours: Round[] = []
  const unverified: Round[] = []
  const bare: Round[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const path = site.path('inbox', `web-${round}`)
    const web1 = await web.fetch('large.bin', path)
    const sum = await hashSum(path)
    await rm(path)
    fetched.push(web1)
    summed.push({ ms: web1.ms + sum.ms, sender: web1.sender, receiver: web1.receiver + sum.cpu })
    ours.push(await fetchByPeer(receiver, `ours-${round}`))
    unverified.push(await fetchByPeer(careless, `unverified-${round}`))
    const to = site.path('inbox', `bare-${round}`)
    const fetchBare = () => bareReceiver.ask({ do: 'fetch', from: served, path: to })
    bare.push(await fetchOnce(bareSender, bareReceiver, to, fetchBare))
  }

  const { peak: senderPeak } = await sender.ask({ do: 'tell' })
  const { peak: receiverPeak } = await receiver.ask({ do: 'tell' })
  const { peak: carelessPeak } = await careless.ask({ do: 'tell' })
  const gib = bytes / 1024 ** 3
  const row = (what: string, rounds: readonly Round[], peaks?: { sender: number; receiver: number }) => [
    what,
    Math.round(median(rounds.map(({ ms }) => bytes / ms / 1000))),
    ratio(fetched, rounds).toFixed(2),
    (median(rounds.map((round) => round.sender)) / gib).toFixed(2),
    (median(rounds.map((round) => round.receiver)) / gib).toFixed(2),
    peaks === undefined ? '' : inMiB(peaks.sender),
    peaks === undefined ? '' : inMiB(peaks.receiver),
  ]
  console.log(
    `One file of ${SIZE_MIB} MiB; medians of ${ROUNDS} rounds in turns; CPU in seconds a GiB, memory in MiB`,
  )
  printTable(
    ['', 'MB/s', 'ratio', 'CPU sender', 'receiver', 'peak sender', 'receiver'],
    [
      row('nginx, curl', fetched, web.peaks),
      row('nginx, curl, then sha256sum', summed, web.peaks),
      row('BitTrickle', ours, { sender: senderPeak, receiver: receiverPeak }),
      row('BitTrickle, verification off', unverified, { sender: senderPeak, receiver: carelessPeak }),
      row('TLS of Node.js and nothing else', bare),
    ],
  )
  console.log(`Published, and so hashed, at ${Math.round(bytes / published.ms / 1000)} MB/s`)
  printBar('BitTrickle to nginx, curl', ratio(fetched, ours), 'at least', 0.7)
  printBar('BitTrickle to nginx, curl, then sha256sum', ratio(summed, ours), 'at least', 1.1)
  printBar('BitTrickle, verification off, to nginx, curl', ratio(fetched, unverified), 'at least', 0.95)
  printBar('peak memory of the sender, MiB', inMiB(senderPeak), 'under', 150)
  printBar('peak memory of the receiver, MiB', inMiB(receiverPeak), 'under', 150)
}

interface Telling {
  ask(order: { readonly do: 'tell' }): Promise<{ readonly cpu: number }>
}

/** One download: what it took the two ends. What it has brought is removed. */
async function fetchOnce(
  sender: Telling,
  receiver: Telling,
  path: string,
  fetch: () => Promise<{ readonly ms: number; readonly cpu: number }>,
): Promise<Round> {
  const before = { sender: await sender.ask({ do: 'tell' }), receiver: await receiver.ask({ do: 'tell' }) }
  const { ms, cpu } = await fetch()
  const after = await sender.ask({ do: 'tell' })
  await rm(path)
  return { ms, sender: after.cpu - before.sender.cpu, receiver: cpu - before.receiver.cpu }
}

// Round by round: what disturbs one of them disturbs its neighbour too.
const ratio = (theirs: readonly Round[], ours: readonly Round[]): number =>
  median(ours.map(({ ms }, at) => (theirs[at]?.ms ?? Number.NaN) / ms))
