// Publishes a finished build to all machines that follow it with follow.js.
//   node publish.js SERVER USERNAME FOLDER VERSION
// FOLDER/builds/VERSION is what was built. The password comes from BITTRICKLE_PASSWORD. It serves until Ctrl-C; machines
// that have the build serve each other too.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Peer } from 'bittrickle'
import { describe, folderOf, MANIFEST } from './manifest.js'

const [server = '5331', username = '', folder = '.', version = ''] = process.argv.slice(2)
const peer = new Peer({
  server,
  username,
  password: process.env.BITTRICKLE_PASSWORD ?? '',
  shareDir: folder,
  stateDir: join(folder, '.bittrickle'),
})
await peer.login()
peer.on('upload', ({ name, receiver }) => console.log(`${receiver.username} fetches ${name}`))

// The files first, and the list that names the version last: who reads of a version can get all of it.
const { files = [] } = await peer.publish(folderOf(version), {
  onProgress: ({ hashed, size }) => process.stderr.write(`\rhashing: ${hashed} of ${size} bytes `),
})
await writeFile(join(folder, MANIFEST), JSON.stringify(await describe(folder, version), undefined, 2))
await peer.publish(MANIFEST)
console.log(`published ${version}: ${files.length} files`)

await new Promise((resolve) => process.once('SIGINT', resolve))
await peer.close()
