import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { BitTrickleError } from '../../index.js'

/** What a {@link MetricsServer} serves. */
export interface MetricsSources {
  readonly figures: { readonly contentType: string; text(): Promise<string> }
  /** Rejects with the reason where the index is not in order. */
  readonly checkHealth: () => Promise<void>
  /** Milliseconds that never go back; replaced in tests. */
  readonly now?: () => number
}

// Who asks for figures asks every some seconds. A flood of connections must not take the index's memory.
const MAX_CONNECTIONS = 64
const REQUEST_MS = 5_000
// A disk that has not answered for so long is not in order.
const HEALTH_MS = 3_000
// Each look is a write to the disk: who asks more often gets the last answer again.
const LOOK_EVERY_MS = 1_000

const TEXT = 'text/plain; charset=utf-8'

/** `/metrics` and `/healthz` over HTTP. */
export class MetricsServer {
  readonly #server: Server
  readonly #sources: MetricsSources
  /** Where it is, without a path. */
  readonly url: string
  #health: { readonly since: number; readonly why: Promise<string | undefined> } | undefined

  private constructor(server: Server, sources: MetricsSources) {
    const { address, port, family } = server.address() as AddressInfo
    this.#server = server
    this.#sources = sources
    this.url = `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`
    server.on('request', (request, response) => void this.#answer(request, response))
  }

  /**
   * Opens it; port 0 takes a free one.
   * @throws {@link BitTrickleError} `ADDRESS_IN_USE`, `INVALID_OPTION` for an address that is not this machine's
   */
  static async open(
    { host, port }: { readonly host: string; readonly port: number },
    sources: MetricsSources,
  ): Promise<MetricsServer> {
    const server = createServer({
      requestTimeout: REQUEST_MS,
      headersTimeout: REQUEST_MS,
      keepAliveTimeout: REQUEST_MS,
    })
    server.maxConnections = MAX_CONNECTIONS
    await new Promise<void>((resolve, reject) => {
      server.once('error', (cause: NodeJS.ErrnoException) => reject(openError(host, port, cause)))
      server.listen({ host, port }, resolve)
    })
    return new MetricsServer(server, sources)
  }

  async #answer({ method, url = '' }: IncomingMessage, response: ServerResponse): Promise<void> {
    const send = (status: number, type: string, text: string): void => {
      response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' })
      response.end(method === 'HEAD' ? undefined : text)
    }
    if (method !== 'GET' && method !== 'HEAD') {
      send(405, TEXT, 'Only GET and HEAD are answered.\n')
      return
    }
    const [path] = url.split('?')
    if (path === '/metrics') {
      const { figures } = this.#sources
      try {
        send(200, figures.contentType, await figures.text())
      } catch (error) {
        send(500, TEXT, `The figures cannot be read: ${error}\n`)
      }
    } else if (path === '/healthz') {
      const why = await this.#whyNot()
      send(why === undefined ? 200 : 503, TEXT, `${why ?? 'ok'}\n`)
    } else send(404, TEXT, 'There are /metrics and /healthz.\n')
  }

  #whyNot(): Promise<string | undefined> {
    const { now = () => performance.now() } = this.#sources
    if (this.#health === undefined || now() - this.#health.since >= LOOK_EVERY_MS) {
      this.#health = { since: now(), why: this.#look() }
    }
    return this.#health.why
  }

  /** Why the index is not in order; undefined where it is. */
  async #look(): Promise<string | undefined> {
    let timer: NodeJS.Timeout | undefined
    const patience = new Promise<string>((resolve) => {
      timer = setTimeout(resolve, HEALTH_MS, `The catalogue has not answered for ${HEALTH_MS / 1000} s.`)
    })
    const look = this.#sources.checkHealth().then(
      () => undefined,
      (error) => (error instanceof Error ? error.message : String(error)),
    )
    try {
      return await Promise.race([look, patience])
    } finally {
      clearTimeout(timer)
    }
  }

  /** Ends all connections and frees the port. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve))
    this.#server.closeAllConnections()
    await closed
  }
}

function openError(host: string, port: number, cause: NodeJS.ErrnoException): BitTrickleError {
  if (cause.code === 'EADDRINUSE') {
    const message = `TCP port ${port} of ${host} is taken, where the figures were to be; choose another one with --metrics.`
    return new BitTrickleError('ADDRESS_IN_USE', message, { cause })
  }
  const message = `Figures cannot be served at ${host} port ${port} (${cause.code}); choose another place with --metrics.`
  return new BitTrickleError('INVALID_OPTION', message, { cause })
}
