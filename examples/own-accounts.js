// Accounts from your app's own user table instead of a credentials file: who may log in, which groups they are in, and
// how somebody is put out at once.
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { BitTrickleError, IndexServer, Peer } from 'bittrickle'

/**
 * A row of the table. Your app has such a one in a database already.
 * @typedef {{ salt: Buffer, hash: Buffer, teams: string[], isDisabled: boolean }} User
 */
/** @type {Map<string, User>} */
const users = new Map()
const hashOf = /** @type {(password: string, salt: Buffer) => Promise<Buffer>} */ (
  (password, salt) => promisify(scrypt)(password, salt, 32)
)

/**
 * @param {string} username
 * @param {string} password
 * @param {string[]} teams
 */
async function addUser(username, password, teams) {
  const salt = randomBytes(16)
  users.set(username, { salt, hash: await hashOf(password, salt), teams, isDisabled: false })
}

// Whom nobody knows costs as much time as a wrong password: else the time would tell which users there are.
const nobody = { salt: randomBytes(16), hash: randomBytes(32), teams: [], isDisabled: true }

/** @type {import('bittrickle').Authenticate} */
async function authenticate(username, password) {
  const user = users.get(username) ?? nobody
  const isRight = timingSafeEqual(await hashOf(password, user.salt), user.hash)
  if (!isRight || user.isDisabled) return false
  // What is published to "@design" is for those whose groups have "design".
  return { groups: user.teams }
}

const folder = await mkdtemp(join(tmpdir(), 'bittrickle-example-'))
await writeFile(join(folder, 'logo.svg'), '<svg/>')
await addUser('ann', 'correct-horse', ['design'])
await addUser('ben', 'battery-staple', ['design'])
await addUser('cem', 'tall-tree', ['sales'])

const index = new IndexServer({ host: '127.0.0.1', port: 0, credentials: authenticate })
await index.listen()

/**
 * @param {string} username
 * @param {string} password
 */
function peerOf(username, password) {
  const downloadDir = join(folder, username)
  return new Peer({ server: index.uri, username, password, shareDir: folder, downloadDir })
}
const ann = peerOf('ann', 'correct-horse')
const ben = peerOf('ben', 'battery-staple')
const cem = peerOf('cem', 'tall-tree')
await Promise.all([ann.login(), ben.login(), cem.login()])

await ann.publish('logo.svg', { to: ['@design'] })
/** @param {Peer} peer */
async function namesFoundBy(peer) {
  const names = []
  for await (const { name } of peer.search('')) names.push(name)
  return names.join(', ') || 'nothing'
}
console.log(`ben, of design, finds ${await namesFoundBy(ben)}`)
console.log(`cem, of sales, finds ${await namesFoundBy(cem)}`)

// Ben leaves the company. The table keeps him from logging in again, and `disconnect` ends what runs: his session, and
// his downloads at whoever serves them.
const outside = new Promise((resolve) => ben.once('offline', resolve))
const row = users.get('ben')
if (row !== undefined) row.isDisabled = true
index.disconnect('ben')
await outside
await ben.login().catch((error) => {
  if (!(error instanceof BitTrickleError)) throw error
  console.log(`ben is out: ${error.code}`)
})

for (const closable of [ben, cem, ann, index]) await closable.close()
await rm(folder, { recursive: true })
