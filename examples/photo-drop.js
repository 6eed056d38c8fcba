// A photo drop: what you put into FOLDER/mine arrives in FOLDER/theirs of everybody else, and the other way round.
//   node photo-drop.js SERVER USERNAME FOLDER [SECONDS]
// The password comes from BITTRICKLE_PASSWORD. Every so many seconds (10) it looks for what is new. Ctrl-C ends it.
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { BitTrickleError, Peer } from 'bittrickle'

const [server = '5331', username = '', folder = '.', seconds = '10'] = process.argv.slice(2)
const ending = new AbortController()
const { signal } = ending
process.once('SIGINT', () => ending.abort())

const mine = join(folder, 'mine')
await mkdir(mine, { recursive: true })
const peer = new Peer({
  server,
  username,
  password: process.env.BITTRICKLE_PASSWORD ?? '',
  shareDir: mine,
  downloadDir: join(folder, 'theirs'),
  // The key of this device, and the hashes of what is published: after a restart nothing is read again.
  stateDir: join(folder, '.bittrickle'),
})
peer.on('offline', () => console.log('the index is away; it is looked for'))
peer.on('online', () => console.log(`online as ${username}`))
await peer.login()

// Follows the folder from now on. Every name begins with its owner, so that two cats.jpg do not meet.
const shared = await peer.share('.', { name: `photos/${username}/` })
shared.on('published', ({ name }) => console.log(`offered ${name}`))
shared.on('unpublished', (name) => console.log(`taken back ${name}`))

while (!signal.aborted) {
  await fetchAll()
  await setTimeout(Number(seconds) * 1000, undefined, { signal }).catch(() => {})
}
await peer.close()

/** Fetches all photos of the others that are not here yet. A file that is here with the right bytes is kept as it is. */
async function fetchAll() {
  // A name that ends in "/" is a folder. `as: './'` puts photos/alice/cat.jpg at theirs/alice/cat.jpg.
  const download = peer.get('photos/', { as: './', overwrite: true, signal })
  // How many files are done counts those that were here before, too.
  download.on('progress', ({ transferred, size = 0, files }) => {
    const share = size === 0 ? 0 : Math.floor((100 * transferred) / size)
    process.stderr.write(`\r${share} %, ${files?.done ?? 0} of ${files?.total ?? '?'} photos `)
  })
  try {
    const { files = [] } = await download.done
    process.stderr.write('\r')
    console.log(`here: ${files.length} photos of others`)
  } catch (error) {
    // Nobody else is there, or somebody left half-way: the next round tries again.
    if (!(error instanceof BitTrickleError)) throw error
    if (error.code !== 'NOT_FOUND' && error.code !== 'ABORTED') console.log(error.message)
  }
}
