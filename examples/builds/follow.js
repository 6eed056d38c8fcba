// Keeps a machine at the newest build of publish.js: FOLDER/current is a link to the newest version that is whole.
//   node follow.js SERVER USERNAME PUBLISHER FOLDER [SECONDS]
// PUBLISHER is the user whose word counts. The password comes from BITTRICKLE_PASSWORD. Every so many seconds (10) it
// looks for a new version. Ctrl-C ends it.
import { rename, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { BitTrickleError, Peer } from 'bittrickle'
import { describe, folderOf, MANIFEST } from './manifest.js'

const [server = '5331', username = '', publisher = '', folder = '.', seconds = '10'] = process.argv.slice(2)
const ending = new AbortController()
const { signal } = ending
process.once('SIGINT', () => ending.abort())

const peer = new Peer({
  server,
  username,
  password: process.env.BITTRICKLE_PASSWORD ?? '',
  // What has arrived is offered from where it is: each machine is a source for those that come later.
  shareDir: folder,
  downloadDir: folder,
  stateDir: join(folder, '.bittrickle'),
})
await peer.login()

let known = ''
while (!signal.aborted) {
  try {
    // Nobody but the publisher says what the newest version is. Its root changes when its bytes do.
    const { root = '', size = 0 } = await peer.locate(MANIFEST, { from: publisher, signal })
    if (root !== known) {
      if (size > 8_388_608) throw new Error('the list of files is too large')
      const list = peer.createReadStream(MANIFEST, { from: publisher, root, signal })
      await install(JSON.parse(await text(list)))
      known = root
    }
  } catch (error) {
    // Whatever it is, `current` is as it was, and the next round tries again.
    const isQuiet = error instanceof BitTrickleError && ['NOT_FOUND', 'ABORTED'].includes(error.code)
    if (!isQuiet) console.error(`not installed: ${error instanceof Error ? error.message : error}`)
  }
  await setTimeout(Number(seconds) * 1000, undefined, { signal }).catch(() => {})
}
await peer.close()

/** @param {import('./manifest.js').Manifest} manifest */
async function install(manifest) {
  const name = folderOf(manifest.version)
  if (!(await isWhole(manifest))) {
    // From all who have it. What an earlier try has left is gone on with.
    await peer.get(name, { overwrite: true, signal }).done
    if (!(await isWhole(manifest))) {
      // Somebody offers other files under these names: then from the publisher alone.
      await rm(join(folder, name), { recursive: true })
      await peer.get(name, { from: publisher, signal }).done
      if (!(await isWhole(manifest))) throw new Error(`${manifest.version} is not what its list says`)
    }
  }
  await peer.publish(name, { signal })
  // A rename puts the new link in the place of the old one in one step: there is no moment without a `current`.
  const next = join(folder, 'current.next')
  await rm(next, { force: true })
  await symlink(name.slice(0, -1), next)
  await rename(next, join(folder, 'current'))
  console.log(`current is ${manifest.version}`)
}

/**
 * Whether the files of a version are here, all of them, unaltered, and no others.
 *
 * @param {import('./manifest.js').Manifest} manifest
 */
async function isWhole(manifest) {
  const here = await describe(folder, manifest.version).catch(() => undefined)
  return isDeepStrictEqual(here, manifest)
}
