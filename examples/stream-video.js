// Plays videos of other peers in a browser or player on this machine, without keeping them: an HTTP server that turns
// each request for a range of bytes into a stream of exactly those, verified, from whoever has the file.
//   node stream-video.js SERVER USERNAME [PORT]
// Then open http://127.0.0.1:8080/talks/keynote.mp4. The password comes from BITTRICKLE_PASSWORD. Ctrl-C ends it.
import { once } from 'node:events'
import { createServer } from 'node:http'
import { extname } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { BitTrickleError, Peer } from 'bittrickle'

const [server = '5331', username = '', port = '8080'] = process.argv.slice(2)
const peer = new Peer({ server, username, password: process.env.BITTRICKLE_PASSWORD ?? '' })
await peer.login()

// What else there is, is offered to be kept and never shown: a page of somebody else would run in this origin.
/** @type {Readonly<Record<string, string>>} */
const TYPES = {
  '.mp4': 'video/mp4',
  '.m4v': 'video/mp4',
  '.webm': 'video/webm',
  '.mkv': 'video/x-matroska',
  '.mov': 'video/quicktime',
  '.mp3': 'audio/mpeg',
  '.ogg': 'audio/ogg',
}

const web = createServer((request, response) => {
  answer(request, response).catch((error) => fail(response, error))
})
// Whoever can reach the port can watch: keep it on this machine, or put a proxy with a login before it.
web.listen(Number(port), '127.0.0.1')
await once(web, 'listening')
const address = /** @type {import('node:net').AddressInfo} */ (web.address())
console.log(`watch at http://127.0.0.1:${address.port}/NAME`)
process.once('SIGINT', async () => {
  web.close()
  web.closeAllConnections()
  await peer.close()
})

/**
 * @param {import('node:http').IncomingMessage} request
 * @param {import('node:http').ServerResponse} response
 */
async function answer(request, response) {
  // A page elsewhere can make a browser ask here under a name of its own (DNS rebinding), and would read the answer.
  if (!/^(127\.0\.0\.1|localhost)(:\d+)?$/.test(request.headers.host ?? '')) return refuse(response, 421)
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return refuse(response, 405, { allow: 'GET, HEAD' })
  let name = ''
  try {
    name = decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname.slice(1))
  } catch {
    return refuse(response, 400)
  }

  // One question tells what the file is: its size, and its root, which is the hash of its bytes and so a perfect ETag.
  const { root = '', size = 0 } = await peer.locate(name)
  const etag = `"${root}"`
  const type = TYPES[extname(name).toLowerCase()]
  response.setHeader('etag', etag)
  response.setHeader('accept-ranges', 'bytes')
  response.setHeader('x-content-type-options', 'nosniff')
  response.setHeader('content-type', type ?? 'application/octet-stream')
  if (type === undefined) response.setHeader('content-disposition', 'attachment')
  if (request.headers['if-none-match'] === etag) return void response.writeHead(304).end()

  // RFC 9110, 13.1.5: who has a part of other bytes than these must get all of them anew.
  const isSame = [undefined, etag].includes(/** @type {string | undefined} */ (request.headers['if-range']))
  const range = isSame && request.method === 'GET' ? parseRange(request.headers.range, size) : undefined
  if (range === 'unsatisfiable') return refuse(response, 416, { 'content-range': `bytes */${size}` })
  const { start, end } = range ?? { start: 0, end: size - 1 }
  response.setHeader('content-length', end - start + 1)
  if (range === undefined) response.writeHead(200)
  else response.writeHead(206, { 'content-range': `bytes ${start}-${end}/${size}` })
  if (request.method === 'HEAD' || size === 0) return void response.end()

  // `root` keeps to these bytes, even if somebody publishes others under the name meanwhile. A player that is slow makes
  // the sources wait, and one that hangs up destroys the stream, which ends the transfer: pipeline does both.
  await pipeline(peer.createReadStream(name, { start, end, root }), response)
}

/**
 * The one range that is asked for (RFC 9110, 14.1.2). Several at once, and what cannot be read, may be passed over: the
 * answer is then the whole file.
 *
 * @param {string | undefined} header
 * @param {number} size
 */
function parseRange(header, size) {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? []
  if (first === '' && last === '') return undefined
  if (first === '') {
    const length = Math.min(Number(last), size)
    return length === 0 ? 'unsatisfiable' : { start: size - length, end: size - 1 }
  }
  const [start, end] = [Number(first), last === '' ? size - 1 : Math.min(Number(last), size - 1)]
  if (last !== '' && Number(last) < start) return undefined
  return start >= size ? 'unsatisfiable' : { start, end }
}

/**
 * @param {import('node:http').ServerResponse} response
 * @param {number} status
 * @param {import('node:http').OutgoingHttpHeaders} [headers]
 */
function refuse(response, status, headers = {}) {
  response.removeHeader('content-length')
  response.writeHead(status, { ...headers, 'content-type': 'text/plain' }).end(`${status}\n`)
}

/**
 * @param {import('node:http').ServerResponse} response
 * @param {unknown} error
 */
function fail(response, error) {
  const code = error instanceof BitTrickleError ? error.code : 'INTERNAL'
  // Too late for a status: an answer that ends early is how HTTP says that it failed.
  if (response.headersSent) return void response.destroy()
  if (code === 'NOT_FOUND' || code === 'INVALID_NAME' || code === 'OWN_PUBLICATION')
    return refuse(response, 404)
  const isForNow = error instanceof BitTrickleError && error.retryable
  if (!isForNow) console.error(error)
  refuse(response, isForNow ? 503 : 500)
}
