import { randomBytes } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { request } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Playground, type TestProcess } from '../helpers/processes.js'
import { start } from './start.js'

const MAX_UPLOAD_BYTES = 100_000

describe('the server of the web page', () => {
  let playground: Playground
  let program: TestProcess
  let site: string
  let host: string

  beforeAll(async () => {
    playground = await Playground.create()
    const { uri } = await playground.index()
    program = start(playground, 'web/server', uri, 'hans', ['hans', '0'], {
      MAX_UPLOAD_BYTES: String(MAX_UPLOAD_BYTES),
    })
    const [, url = '', at = ''] = await program.line(/^open (http:\/\/(\S+)\/)$/)
    site = url
    host = at
  })
  afterAll(async () => {
    expect(await program.stop('SIGINT')).toBe(0)
    await playground[Symbol.asyncDispose]()
  })

  interface Asked {
    readonly headers?: Readonly<Record<string, string>>
    readonly body?: Buffer | string
    /** Sends the body without its length. */
    readonly isChunked?: boolean
  }

  // By node:http, which unlike fetch sends any Host, Origin and path.
  function ask(method: string, path: string, { headers = {}, body = '', isChunked }: Asked = {}) {
    return new Promise<{ status: number; headers: object; body: string }>((resolve, reject) => {
      const length = isChunked || method === 'GET' ? {} : { 'content-length': Buffer.byteLength(body) }
      const own = method === 'GET' ? {} : { origin: `http://${host}` }
      const asked = request(site, {
        method,
        path,
        agent: false,
        headers: { ...own, ...length, ...headers },
      })
      asked.on('response', async (response) => {
        const text = (await buffer(response)).toString()
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text })
      })
      asked.on('error', reject)
      asked.end(body)
    })
  }
  const put = (name: string, asked: Asked) => ask('PUT', `/files?name=${encodeURIComponent(name)}`, asked)
  const offered = () => readdir(playground.path('hans', 'shared'))

  it('lets in no other page: neither one that asks, nor one that gives this machine its own name', async () => {
    const evil = { origin: 'http://evil.example' }
    expect((await ask('POST', '/downloads', { headers: evil, body: '{"name":"x"}' })).status).toBe(403)
    expect((await ask('GET', '/search?q=', { headers: evil })).status).toBe(403)
    expect((await ask('GET', '/', { headers: { host: 'evil.example' } })).status).toBe(403)
    expect((await put('x', { headers: { origin: 'null' } })).status).toBe(403)
    const rebound = { host: 'evil.example', origin: 'http://evil.example' }
    expect((await ask('POST', '/downloads', { headers: rebound, body: '{"name":"x"}' })).status).toBe(403)
    expect((await ask('GET', '/')).status).toBe(200)
  })

  it('runs no script but its own', async () => {
    const { headers } = await ask('GET', '/')
    expect(headers).toMatchObject({
      'content-security-policy': expect.stringContaining(
        "default-src 'none'; script-src 'self'; style-src 'self'",
      ),
      'x-content-type-options': 'nosniff',
    })
  })

  it('serves its three files, and no others', async () => {
    for (const path of ['/', '/page.js', '/page.css']) expect((await ask('GET', path)).status).toBe(200)
    for (const path of ['/server.js', '/../../package.json', '/%2e%2e/package.json', '/constructor'])
      expect((await ask('GET', path)).status).toBe(404)
  })

  it('takes a file, and publishes it', async () => {
    const bytes = randomBytes(MAX_UPLOAD_BYTES)
    expect(await put('two words <b>.bin', { body: bytes })).toMatchObject({
      status: 201,
      body: '{"name":"two words <b>.bin"}',
    })
    expect((await readFile(playground.path('hans', 'shared', 'two words <b>.bin'))).equals(bytes)).toBe(true)
    expect(await ask('GET', '/published')).toMatchObject({ body: '["two words <b>.bin"]' })
  })

  it.each(['../x', 'a/b', 'a\\b', '..', '.hidden', '', 'a\0b', 'a\nb', 'x'.repeat(256)])(
    'takes no file of the name %j',
    async (name) => {
      const before = await offered()
      expect((await put(name, { body: 'x' })).status).toBe(400)
      expect(await offered()).toEqual(before)
      expect(await readdir(playground.path('hans', 'incoming'))).toEqual([])
    },
  )

  it('never takes the place of a file that is there', async () => {
    expect((await put('once.txt', { body: 'first' })).status).toBe(201)
    expect((await put('once.txt', { body: 'second' })).status).toBe(409)
    expect(await readFile(playground.path('hans', 'shared', 'once.txt'), 'utf8')).toBe('first')
  })

  it('takes no file that is too large, whether it says so or not, and keeps nothing of it', async () => {
    const body = randomBytes(MAX_UPLOAD_BYTES + 1)
    expect((await put('large', { body })).status).toBe(413)
    expect((await put('large', { body, isChunked: true })).status).toBe(413)
    expect(await offered()).not.toContain('large')
    expect(await readdir(playground.path('hans', 'incoming'))).toEqual([])
  })

  it.each(['', '{', '[]', '7', 'null', '{"name":7}', '{"name":"a","root":7}', '{}'])(
    'starts no download of %j',
    async (body) => expect((await ask('POST', '/downloads', { body })).status).toBe(400),
  )

  it('reads no question without end', async () => {
    const body = JSON.stringify({ name: 'x'.repeat(70_000) })
    expect((await ask('POST', '/downloads', { body })).status).toBe(413)
    expect((await ask('POST', '/downloads', { body, isChunked: true })).status).toBe(413)
  })
})
