// A small web page on top of the SDK: search, download with live progress, and publish by dropping files. No framework.
//   node server.js SERVER USERNAME FOLDER [PORT]
// FOLDER/shared is offered, FOLDER/downloads is where downloads go. The password comes from BITTRICKLE_PASSWORD.
//
// The page can do all that this user can, so it is for the user's own browser on this machine, and for no other page in
// it: see `isOurs`. Other users of the same machine can reach the port as well.
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { link, mkdir, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { BitTrickleError, Peer } from 'bittrickle'

/**
 * @typedef {import('node:http').IncomingMessage} Request
 * @typedef {import('node:http').ServerResponse} Response
 */

const MAX_UPLOAD_BYTES = Number(process.env.MAX_UPLOAD_BYTES ?? 16 * 1024 ** 3)
const MAX_QUESTION_BYTES = 65_536
const MAX_HITS = 200
// Those that are over make room for new ones; those that run do not.
const MAX_DOWNLOADS = 100

const [server = '5331', username = '', folder = '.', port = '8080'] = process.argv.slice(2)
const shareDir = join(folder, 'shared')
const incoming = join(folder, 'incoming')
await rm(incoming, { recursive: true, force: true })
for (const path of [shareDir, incoming]) await mkdir(path, { recursive: true })
const peer = new Peer({
  server,
  username,
  password: process.env.BITTRICKLE_PASSWORD ?? '',
  shareDir,
  downloadDir: join(folder, 'downloads'),
  stateDir: join(folder, '.bittrickle'),
})
await peer.login()

// ---- Downloads, and who watches them

/** @typedef {{ id: string, name: string, transferred: number, size?: number, state: 'running' | 'done' | 'failed', message?: string }} State */
/** @type {Map<string, { state: State, cancel: () => void }>} */
const downloads = new Map()
/** @type {Set<Response>} */
const watchers = new Set()

/** @param {State} state */
function tell(state) {
  for (const watcher of watchers) {
    // Who does not read what comes is cut off, rather than kept for without end; a browser comes back by itself.
    if (watcher.writableLength > 1_048_576) watcher.destroy()
    else watcher.write(`data: ${JSON.stringify(state)}\n\n`)
  }
}

/** @param {{ name: string, root?: string }} wanted */
function startDownload({ name, root }) {
  for (const [id, { state }] of downloads) {
    if (downloads.size < MAX_DOWNLOADS) break
    if (state.state !== 'running') downloads.delete(id)
  }
  if (downloads.size >= MAX_DOWNLOADS) throw new Refusal(429, 'Too many downloads run.')
  const download = peer.get(name, root === undefined ? {} : { root })
  /** @type {State} */
  const state = { id: randomUUID(), name, transferred: 0, state: 'running' }
  downloads.set(state.id, { state, cancel: () => download.cancel() })
  tell(state)
  let toldAt = 0
  download.on('progress', (progress) => {
    Object.assign(state, { transferred: progress.transferred, size: progress.size })
    // Ten times a second is all that an eye can see.
    if (performance.now() - toldAt < 100) return
    toldAt = performance.now()
    tell(state)
  })
  download.done.then(
    ({ path, size }) => tell(Object.assign(state, { state: 'done', transferred: size, size, message: path })),
    (error) => tell(Object.assign(state, { state: 'failed', message: error.message })),
  )
  return state
}

/**
 * Server-sent events: first how all downloads are, then whatever changes.
 * @type {Handler}
 */
function watch(_request, response) {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.write(': hello\n\n')
  for (const { state } of downloads.values()) response.write(`data: ${JSON.stringify(state)}\n\n`)
  watchers.add(response)
  response.once('close', () => watchers.delete(response))
}

// ---- What the page asks for

/**
 * @typedef {(request: Request, response: Response, url: URL) => void | Promise<void>} Handler
 * @type {Readonly<Record<string, Handler>>}
 */
const handlers = {
  'GET /': await page('index.html', 'text/html'),
  'GET /page.js': await page('page.js', 'text/javascript'),
  'GET /page.css': await page('page.css', 'text/css'),
  'GET /events': watch,
  'GET /about': (_request, response) => send(response, 200, { username, maxUploadBytes: MAX_UPLOAD_BYTES }),
  'GET /published': async (_request, response) => {
    const names = (await peer.published()).map(({ name }) => name)
    send(response, 200, names.slice(0, MAX_HITS))
  },
  'GET /search': async (_request, response, { searchParams }) => {
    const hits = []
    for await (const hit of peer.search(searchParams.get('q') ?? '')) {
      hits.push(hit)
      if (hits.length === MAX_HITS) break
    }
    send(response, 200, hits)
  },
  'POST /downloads': async (request, response) => {
    const { name, root } = await question(request)
    if (typeof name !== 'string' || !['string', 'undefined'].includes(typeof root))
      throw new Refusal(400, 'No name.')
    send(response, 202, startDownload({ name, root }))
  },
  'DELETE /downloads': (_request, response, { searchParams }) => {
    downloads.get(searchParams.get('id') ?? '')?.cancel()
    send(response, 202, {})
  },
  'PUT /files': async (request, response, { searchParams }) => {
    send(response, 201, await takeFile(searchParams.get('name') ?? '', request))
  },
}

/**
 * @param {string} file
 * @param {string} type
 * @returns {Promise<Handler>}
 */
async function page(file, type) {
  const bytes = await readFile(new URL(file, import.meta.url))
  return (_request, response) => {
    response.writeHead(200, { 'content-type': `${type}; charset=utf-8` }).end(bytes)
  }
}

/**
 * Puts a file into the share folder and publishes it.
 *
 * @param {string} name
 * @param {Request} body
 */
async function takeFile(name, body) {
  // One part of a path, and not a hidden one: whatever the browser says, the file lands in the share folder.
  if (
    name === '' ||
    name.startsWith('.') ||
    /[/\\\u0000-\u001f\u007f]/.test(name) ||
    Buffer.byteLength(name) > 255
  ) {
    throw new Refusal(400, 'This is no name for a file.')
  }
  if (Number(body.headers['content-length']) > MAX_UPLOAD_BYTES) throw tooLarge()
  // Beside the share folder, so that what is cut short is neither offered nor in the way.
  const part = join(incoming, randomUUID())
  try {
    let received = 0
    await pipeline(
      body,
      async function* (parts) {
        for await (const bytes of parts) {
          received += bytes.length
          if (received > MAX_UPLOAD_BYTES) throw tooLarge()
          yield bytes
        }
      },
      createWriteStream(part, { flags: 'wx' }),
    )
    // Unlike a rename, a link never takes the place of a file that is there.
    await link(part, join(shareDir, name)).catch((error) => {
      throw error.code === 'EEXIST' ? new Refusal(409, 'You offer a file of this name already.') : error
    })
    return { name: (await peer.publish(name)).name }
  } finally {
    await rm(part, { force: true })
  }
}

const tooLarge = () => new Refusal(413, `A file may have ${MAX_UPLOAD_BYTES} bytes at the most.`)

// ---- HTTP

/** Something that the page asked for and does not get. */
class Refusal extends Error {
  /**
   * @param {number} status
   * @param {string} message
   */
  constructor(status, message) {
    super(message)
    this.status = status
  }
}

/**
 * Whether a request comes from our own page. Any page in the browser can send requests to this machine: it has another
 * `Origin`, which browsers add to all but GET. It can also give a name of its own the address of this machine and so read
 * the answers too (DNS rebinding): then the `Host` is that name.
 *
 * @param {Request} request
 */
function isOurs({ method, headers: { host = '', origin } }) {
  const isHost = host === `127.0.0.1:${bound}` || host === `localhost:${bound}`
  return isHost && (origin === undefined ? method === 'GET' : origin === `http://${host}`)
}

/** @param {Request} request */
async function question(request) {
  if (Number(request.headers['content-length'] ?? Number.POSITIVE_INFINITY) > MAX_QUESTION_BYTES) {
    throw new Refusal(413, 'The question is too long.')
  }
  try {
    return Object(await json(request))
  } catch {
    throw new Refusal(400, 'The question is no JSON.')
  }
}

/**
 * @param {Response} response
 * @param {number} status
 * @param {unknown} body
 */
function send(response, status, body) {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

/**
 * @param {Response} response
 * @param {unknown} error
 */
function refuse(response, error) {
  if (response.headersSent || response.destroyed) return void response.destroy()
  // What is left of a request that was refused half-way is not read.
  response.setHeader('connection', 'close')
  if (error instanceof Refusal) return send(response, error.status, { message: error.message })
  if (error instanceof BitTrickleError)
    return send(response, error.retryable ? 503 : 400, { message: error.message })
  console.error(error)
  send(response, 500, { message: 'Something went wrong; the terminal of the server says what.' })
}

const web = createServer(async (request, response) => {
  // Scripts and styles of our own files alone: a name that gets into the page as markup could still do nothing.
  response.setHeader(
    'content-security-policy',
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
      "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  )
  response.setHeader('cross-origin-resource-policy', 'same-origin')
  response.setHeader('x-content-type-options', 'nosniff')
  response.setHeader('referrer-policy', 'no-referrer')
  response.setHeader('cache-control', 'no-store')
  try {
    if (!isOurs(request)) throw new Refusal(403, 'This is for the page of this server alone.')
    const url = new URL(request.url ?? '/', 'http://localhost')
    const key = `${request.method} ${url.pathname}`
    const handler = Object.hasOwn(handlers, key) ? handlers[key] : undefined
    if (handler === undefined) throw new Refusal(404, 'There is nothing here.')
    await handler(request, response, url)
  } catch (error) {
    refuse(response, error)
  }
})
// A large file takes as long as it takes.
web.requestTimeout = 0
web.listen(Number(port), '127.0.0.1')
await once(web, 'listening')
const bound = /** @type {import('node:net').AddressInfo} */ (web.address()).port
console.log(`open http://127.0.0.1:${bound}/`)

process.once('SIGINT', async () => {
  web.close()
  web.closeAllConnections()
  await peer.close()
})
