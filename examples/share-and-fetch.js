// Publishes every file of a folder, then fetches what others offer.
//   node share-and-fetch.js SERVER USERNAME SHARE_FOLDER [NAME_TO_FETCH]
// The password comes from BITTRICKLE_PASSWORD.
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { BitTrickleError, Peer } from 'bittrickle'

const [server = '5331', username = '', shareDir = '.', wanted] = process.argv.slice(2)

const peer = new Peer({
  server,
  username,
  password: process.env.BITTRICKLE_PASSWORD ?? '',
  shareDir,
  downloadDir: join(shareDir, 'inbox'),
  stateDir: join(shareDir, '.bittrickle'),
})
await peer.login()
console.log(`online as ${username}`)

for (const entry of await readdir(shareDir, { withFileTypes: true })) {
  if (!entry.isFile()) continue
  try {
    const { name } = await peer.publish(entry.name)
    console.log(`published ${name}`)
  } catch (error) {
    // One name that cannot be published is no reason to leave the others out.
    if (error instanceof BitTrickleError && error.code === 'INVALID_NAME') console.log(error.message)
    else throw error
  }
}

if (wanted === undefined) {
  // Serve until Ctrl-C.
  await new Promise((resolve) => process.once('SIGINT', resolve))
} else {
  const download = peer.get(wanted)
  download.on('progress', ({ transferred }) => process.stderr.write(`\r${transferred} bytes`))
  const { path, size } = await download.done
  console.log(`fetched ${wanted}: ${size} bytes at ${path}`)
}
await peer.close()
