import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { get, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { IndexServer, MemoryStore, Peer, type Upload } from '../../src/index.js'
import { Playground, type TestProcess } from '../helpers/processes.js'
import { start } from './start.js'

describe('stream-video', () => {
  const VIDEO = randomBytes(48 * 1024 * 1024)
  let playground: Playground
  let index: IndexServer
  let source: Peer
  let site: string
  let program: TestProcess
  const uploads: Upload[] = []

  beforeAll(async () => {
    playground = await Playground.create()
    index = new IndexServer({ host: '127.0.0.1', port: 0, credentials: () => true, store: new MemoryStore() })
    await index.listen()
    await mkdir(playground.path('videos', 'talks'), { recursive: true })
    await writeFile(playground.path('videos', 'talks', 'two words.mp4'), VIDEO)
    await writeFile(playground.path('videos', 'page.html'), '<script>alert(1)</script>')
    await writeFile(playground.path('videos', 'empty.mp4'), '')
    source = new Peer({
      server: index.uri,
      username: 'hans',
      password: 'x',
      shareDir: playground.path('videos'),
    })
    source.on('upload', (upload) => uploads.push(upload))
    await source.login()
    await source.publish('.')
    program = start(playground, 'stream-video', index.uri, 'yoda', ['0'])
    const [, url = ''] = await program.line(/^watch at (http:\S+)\/NAME$/)
    site = url
  })
  afterAll(async () => {
    expect(await program.stop('SIGINT')).toBe(0)
    await source.close()
    await index.close()
    await playground[Symbol.asyncDispose]()
  })

  interface Asked {
    readonly path?: string
    readonly method?: string
    readonly headers?: IncomingHttpHeaders
  }

  function open({
    path = '/talks/two%20words.mp4',
    method = 'GET',
    headers = {},
  }: Asked): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      get(`${site}${path}`, { method, headers, agent: false }, resolve).on('error', reject)
    })
  }

  async function ask(asked: Asked = {}) {
    const response = await open(asked)
    return { status: response.statusCode, headers: response.headers, body: await buffer(response) }
  }

  it('sends the whole file, with its root as the tag', async () => {
    const { status, headers, body } = await ask()
    expect(status).toBe(200)
    const size = String(VIDEO.length)
    expect(headers).toMatchObject({
      'content-type': 'video/mp4',
      'accept-ranges': 'bytes',
      'content-length': size,
    })
    expect(headers.etag).toMatch(/^"[\w-]{43}"$/)
    expect(body.equals(VIDEO)).toBe(true)
  })

  it.each([
    ['bytes=0-0', 0, 0],
    ['bytes=1000000-1999999', 1_000_000, 1_999_999],
    ['bytes=50331000-', 50_331_000, 50_331_647],
    ['bytes=50331000-99999999999', 50_331_000, 50_331_647],
    ['bytes=-500', 50_331_148, 50_331_647],
  ])('sends the range %s', async (range, first, last) => {
    const { status, headers, body } = await ask({ headers: { range } })
    expect(status).toBe(206)
    expect(headers).toMatchObject({
      'content-range': `bytes ${first}-${last}/50331648`,
      'content-length': String(last - first + 1),
    })
    expect(body.equals(VIDEO.subarray(first, last + 1))).toBe(true)
  })

  it.each(['bytes=50331648-', 'bytes=-0', 'bytes=99999999999-'])('has nothing at %s', async (range) => {
    const { status, headers } = await ask({ headers: { range } })
    expect(status).toBe(416)
    expect(headers['content-range']).toBe('bytes */50331648')
  })

  it.each(['bytes=5-2', 'bytes=-', 'bytes=0-1,3-4', 'lines=1-2', 'bytes=x-'])(
    'passes over the range %s, which it cannot read',
    async (range) => {
      const { status, headers } = await ask({ method: 'HEAD', headers: { range } })
      expect(status).toBe(200)
      expect(headers['content-length']).toBe('50331648')
    },
  )

  it('goes on with a file only where it is still the same', async () => {
    const { headers } = await ask({ method: 'HEAD' })
    const { etag = '' } = headers
    const range = 'bytes=0-9'
    expect((await ask({ headers: { range, 'if-range': etag } })).status).toBe(206)
    const other = await open({ headers: { range, 'if-range': '"another"' } })
    expect(other.statusCode).toBe(200)
    other.destroy()
    expect((await ask({ headers: { 'if-none-match': etag } })).status).toBe(304)
  })

  it('answers HEAD without fetching anything', async () => {
    const before = uploads.length
    const { status, headers, body } = await ask({ method: 'HEAD' })
    expect([status, headers['content-length'], body.length]).toEqual([200, '50331648', 0])
    expect(uploads.length).toBe(before)
  })

  it('sends an empty file', async () => {
    const { status, body } = await ask({ path: '/empty.mp4' })
    expect([status, body.length]).toEqual([200, 0])
  })

  it('tells a browser to keep what is no video, and not to run it', async () => {
    const { headers } = await ask({ path: '/page.html' })
    expect(headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-disposition': 'attachment',
      'x-content-type-options': 'nosniff',
    })
  })

  it.each([
    [404, { path: '/nothing.mp4' }],
    [404, { path: '/../../etc/passwd' }],
    [404, { path: '/%2e%2e%2fetc%2fpasswd' }],
    [400, { path: '/%ff' }],
    [405, { method: 'POST' }],
    [421, { headers: { host: 'evil.example' } }],
  ])('answers %i to %o', async (status, asked) => {
    expect((await ask(asked)).status).toBe(status)
  })

  it('makes the source wait for a player that does not read, and ends the transfer when that hangs up', async () => {
    const started = once(source as never, 'upload')
    const lazy = await open({})
    const [upload] = (await started) as [Upload]
    // Another player gets all of it in the same time.
    expect((await ask()).body.length).toBe(VIDEO.length)
    expect(upload.progress.transferred).toBeLessThan(VIDEO.length / 2)
    lazy.destroy()
    // Not all bytes were wanted in the end, and none is sent any more.
    await upload.done.catch(() => {})
    expect(upload.progress.transferred).toBeLessThan(VIDEO.length / 2)
  })

  it('ends an answer early when the bytes are not there any more, rather than pretend that it is whole', async () => {
    const lazy = await open({})
    await writeFile(playground.path('videos', 'talks', 'two words.mp4'), 'another film')
    await expect(buffer(lazy)).rejects.toThrow('aborted')
  })
})
