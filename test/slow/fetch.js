// A peer in a process of its own, to be killed: logs in, fetches one file, and tells each step in a line.
import { Peer } from 'bittrickle'

const [server, username, folder, name] = process.argv.slice(2)
const say = (line) => process.stdout.write(`${line}\n`)

const peer = new Peer({
  server,
  username,
  password: process.env.BITTRICKLE_PASSWORD,
  shareDir: folder,
  downloadDir: `${folder}/downloads`,
  stateDir: `${folder}/state`,
})
await peer.login()
say('online')
const download = peer.get(name)
download.on('started', () => say('started'))
download.on('verified', ({ piece }) => say(`verified ${piece}`))
const { size } = await download.done
say(`done ${size}`)
await peer.close()
