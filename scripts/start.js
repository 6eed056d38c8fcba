// Shows the main job from end to end: an index and two peers as real processes, a file sent and compared.
import { spawn } from 'node:child_process'
import { createHash, randomFillSync } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { ensureBuild } from './ensure-build.js'

const MEGABYTE = 1024 * 1024
const FILE_BYTES = 64 * MEGABYTE
const PATIENCE = 60_000

const bin = (name) => fileURLToPath(new URL(`../bin/${name}.js`, import.meta.url))
const say = (text = '') => process.stdout.write(`${text}\n`)

/** A program whose output is awaited line by line. */
class Program {
  constructor(name, args, options = {}) {
    this.name = name
    this.lines = []
    this.waiting = []
    this.process = spawn(process.execPath, [bin(name), ...args], {
      // The progress bar of a download is drawn on this terminal.
      stdio: ['pipe', 'pipe', options.showProgress ? 'inherit' : 'pipe'],
      env: { ...process.env, ...options.env },
    })
    for (const stream of [this.process.stdout, this.process.stderr]) {
      if (stream) createInterface({ input: stream }).on('line', (line) => this.#hear(line))
    }
    this.ended = new Promise((resolve) => this.process.on('exit', resolve))
    this.ended.then((code) => {
      const error = new Error(`${name} ended (${code}). It said:\n${this.lines.join('\n')}`)
      for (const { reject } of this.waiting.splice(0)) reject(error)
    })
  }

  #hear(line) {
    this.lines.push(line)
    this.waiting = this.waiting.filter(({ pattern, resolve }) => {
      const match = pattern.exec(line)
      if (match) resolve(match)
      return !match
    })
  }

  type(line) {
    this.process.stdin.write(`${line}\n`)
  }

  /** Resolves with the match of the first line, from now on, that fits. */
  hears(pattern) {
    return new Promise((resolve, reject) => {
      const patience = setTimeout(
        () => reject(new Error(`${this.name} did not say ${pattern}. It said:\n${this.lines.join('\n')}`)),
        PATIENCE,
      )
      const done = (act) => (value) => {
        clearTimeout(patience)
        act(value)
      }
      this.waiting.push({ pattern, resolve: done(resolve), reject: done(reject) })
    })
  }

  async ask(line, answer) {
    const heard = this.hears(answer)
    this.type(line)
    return heard
  }

  stop() {
    this.process.kill()
    return this.ended
  }
}

async function writeRandomFile(path, bytes) {
  async function* parts() {
    for (let written = 0; written < bytes; written += MEGABYTE) yield randomFillSync(Buffer.alloc(MEGABYTE))
  }
  await pipeline(parts, createWriteStream(path))
}

async function sha256(path) {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return hash.digest('hex')
}

async function run(folder, programs) {
  const start = (...args) => {
    const program = new Program(...args)
    programs.push(program)
    return program
  }
  const credentials = join(folder, 'credentials.txt')
  await writeFile(credentials, 'alice wonderland\nbob builder\n', { mode: 0o600 })
  for (const name of ['alice', 'bob']) await mkdir(join(folder, name))
  const sent = join(folder, 'alice', 'dataset.bin')
  await writeRandomFile(sent, FILE_BYTES)

  say('1. The index starts.')
  const index = start('bittrickle-server', [
    '0',
    '--host',
    '127.0.0.1',
    '--credentials',
    credentials,
    '--data',
    join(folder, 'index'),
  ])
  const [, uri] = await index.hears(/listens at (bittrickle:\S+)/)
  say(`   It listens at ${uri}`)
  say('   Whoever logs in with this address is sure to speak to this index.')

  say('2. Alice and Bob log in, each with a program of their own.')
  const logIn = async (name, password) => {
    const peer = start(
      'bittrickle',
      [
        uri,
        '--share',
        join(folder, name),
        '--download',
        join(folder, name),
        '--state',
        join(folder, `${name}'s keys`),
      ],
      {
        env: { BITTRICKLE_USERNAME: name, BITTRICKLE_PASSWORD: password },
        showProgress: name === 'bob',
      },
    )
    await peer.hears(/^Welcome to BitTrickle!/)
    return peer
  }
  const alice = await logIn('alice', 'wonderland')
  const bob = await logIn('bob', 'builder')

  say(`3. Alice publishes dataset.bin, ${FILE_BYTES / MEGABYTE} MiB of random bytes.`)
  await alice.ask('pub dataset.bin', /^Published/)

  say('4. Bob searches for "data".')
  await bob.ask('sch data', /^dataset\.bin$/)
  say('   He finds dataset.bin.')

  say('5. Bob downloads it, directly from Alice.')
  const startedAt = performance.now()
  await bob.ask('get dataset.bin', /^Downloaded/)
  const seconds = (performance.now() - startedAt) / 1000

  const [first, second] = await Promise.all([sha256(sent), sha256(join(folder, 'bob', 'dataset.bin'))])
  if (first !== second) throw new Error('What Bob has is not what Alice sent.')
  say(
    `   It took ${seconds.toFixed(2)} s. Both files have the SHA-256 ${first.slice(0, 16)}…: every byte is right.`,
  )

  for (const peer of [bob, alice]) {
    peer.type('xit')
    await peer.ended
  }
  await index.stop()
}

const folder = await mkdtemp(join(tmpdir(), 'bittrickle-start-'))
const programs = []
try {
  say('BitTrickle: an index, two peers, and a file from one to the other, all on this machine.')
  say()
  ensureBuild()
  await run(folder, programs)
  say()
  say('Everything worked. To try it by hand, in three terminals:')
  say('   node bin/bittrickle-server.js user add alice; node bin/bittrickle-server.js user add bob')
  say('   node bin/bittrickle-server.js')
  say('   node bin/bittrickle.js --state /tmp/alice --share .        (as alice: pub README.md)')
  say('   node bin/bittrickle.js --state /tmp/bob --download /tmp    (as bob: sch READ, get README.md)')
} catch (error) {
  process.exitCode = 1
  process.stderr.write(`\nIt did not work: ${error.message}\n`)
} finally {
  await Promise.all(programs.map((program) => program.stop()))
  await rm(folder, { recursive: true, force: true })
}
