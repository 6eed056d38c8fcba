import { createServer } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { MetricsServer } from '../../../src/cli/metrics/metrics-server.js'

const open: MetricsServer[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()))
})

let time = 0

async function start(checkHealth: () => Promise<void>): Promise<string> {
  const figures = { contentType: 'text/plain; version=0.0.4', text: async () => 'sessions 1\n' }
  const server = await MetricsServer.open(
    { host: '127.0.0.1', port: 0 },
    { figures, checkHealth, now: () => time },
  )
  open.push(server)
  return server.url
}

const get = async (url: string, method = 'GET') => {
  const response = await fetch(url, { method, headers: { connection: 'close' } })
  return { status: response.status, type: response.headers.get('content-type'), text: await response.text() }
}

it('serves the figures, and whether the index is in order', async () => {
  let failure: Error | undefined
  const url = await start(async () => {
    if (failure !== undefined) throw failure
  })
  expect(await get(`${url}/metrics?x`)).toEqual({
    status: 200,
    type: 'text/plain; version=0.0.4',
    text: 'sessions 1\n',
  })
  expect(await get(`${url}/healthz`)).toMatchObject({ status: 200, text: 'ok\n' })
  failure = new Error('The disk is full.')
  // Each look costs the disk something: not more than one a second.
  time += 999
  expect(await get(`${url}/healthz`)).toMatchObject({ status: 200 })
  time += 1
  expect(await get(`${url}/healthz`)).toMatchObject({ status: 503, text: 'The disk is full.\n' })
  expect(await get(`${url}/healthz`, 'HEAD')).toMatchObject({ status: 503, text: '' })
  expect(await get(url)).toMatchObject({ status: 404 })
  expect(await get(`${url}/metrics`, 'POST')).toMatchObject({ status: 405 })
})

it('asks the index once for all who ask at a time', async () => {
  let asked = 0
  let answer: () => void = () => {}
  const first = new Promise<void>((resolve) => {
    answer = resolve
  })
  const url = await start(() => {
    asked += 1
    return first
  })
  const both = Promise.all([get(`${url}/healthz`), get(`${url}/healthz`)])
  // The figures come over a later connection, whose answer tells that the others were heard.
  await expect.poll(async () => (await get(`${url}/metrics`)) && asked).toBe(1)
  await get(`${url}/metrics`)
  answer()
  expect(await both).toMatchObject([{ status: 200 }, { status: 200 }])
  expect(asked).toBe(1)
})

it('says when its port is taken, and when the address is not of this machine', async () => {
  const other = createServer()
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  const { port } = other.address() as { port: number }
  const sources = { figures: { contentType: '', text: async () => '' }, checkHealth: async () => {} }
  await expect(MetricsServer.open({ host: '127.0.0.1', port }, sources)).rejects.toMatchObject({
    code: 'ADDRESS_IN_USE',
    message: expect.stringContaining(`TCP port ${port} of 127.0.0.1 is taken`),
  })
  await new Promise((resolve) => other.close(resolve))
  await expect(MetricsServer.open({ host: '192.0.2.1', port: 0 }, sources)).rejects.toMatchObject({
    code: 'INVALID_OPTION',
  })
})
