// An index and two peers in one process: the smallest network there is.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { IndexServer, Peer } from 'bittrickle'

const folder = await mkdtemp(join(tmpdir(), 'bittrickle-example-'))
await writeFile(join(folder, 'hello.txt'), 'Hello from Alice!\n')

const index = new IndexServer({
  host: '127.0.0.1',
  port: 0,
  credentials: (username, password) => password === `${username}'s-secret`,
})
await index.listen()
index.on('locate', ({ username, name, sources }) => {
  console.log(`${username} was sent to ${sources.join(', ')} for ${name}`)
})

const common = { server: index.uri, shareDir: folder }
const alice = new Peer({ ...common, username: 'alice', password: "alice's-secret" })
const bob = new Peer({
  ...common,
  username: 'bob',
  password: "bob's-secret",
  downloadDir: join(folder, 'inbox'),
})
await alice.login()
await bob.login()

await alice.publish('hello.txt')
const { path } = await bob.get('hello.txt').done
console.log(`bob has it: ${(await readFile(path, 'utf8')).trim()}`)

// In TypeScript, and in newer versions of Node.js, `await using` does this by itself.
await bob.close()
await alice.close()
await index.close()
await rm(folder, { recursive: true })
