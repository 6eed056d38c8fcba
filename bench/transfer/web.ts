// What everybody has: nginx and curl over https.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { makeCertificate } from '../../src/transfer/certificate.js'
import { cpuOf, cpuOfEnded, peakMemory } from '../lib/process-usage.js'

/** A download by curl. */
export interface WebFigures {
  readonly ms: number
  /** CPU seconds. */
  readonly sender: number
  readonly receiver: number
}

/** Says what has to be installed, if anything. */
export function missingRivals(): string | undefined {
  const packages = { nginx: 'nginx-light', curl: 'curl', sha256sum: 'coreutils' }
  const missing = Object.entries(packages).filter(([program]) => spawnSync(program, ['--version']).error)
  if (missing.length === 0) return undefined
  return `Missing: ${missing.map(([program]) => program).join(', ')}. On Debian: apt-get install ${missing.map(([, name]) => name).join(' ')}`
}

/** nginx with a folder over TLS 1.3, until it is disposed of. */
export class Web implements AsyncDisposable {
  readonly #process: ChildProcess
  readonly #port: number
  #receiverPeak = 0

  private constructor(process: ChildProcess, port: number) {
    this.#process = process
    this.#port = port
  }

  /**
   * @param folder - what is served
   * @param own - an empty folder for the files of nginx
   */
  static async start(folder: string, own: string): Promise<Web> {
    const port = await freePort()
    const { cert, key } = await makeCertificate()
    await Promise.all(['', ...TEMPORARY].map((name) => mkdir(join(own, name), { recursive: true })))
    await writeFile(join(own, 'cert.pem'), cert)
    await writeFile(join(own, 'key.pem'), key)
    await writeFile(join(own, 'nginx.conf'), configuration(folder, own, port))
    const process = spawn('nginx', ['-p', own, '-c', 'nginx.conf', '-e', 'stderr'], { stdio: 'inherit' })
    await isListening(port)
    return new Web(process, port)
  }

  /** Downloads a file. */
  fetch(name: string, path: string): Promise<WebFigures> {
    return this.#curl(['-o', path, this.#url(name)])
  }

  /** Downloads many files over one connection, one after the other. */
  async fetchMany(names: readonly string[], folder: string): Promise<WebFigures> {
    const list = join(folder, 'curl.txt')
    const lines = names.map(
      (name, at) => `url = "${this.#url(name)}"\noutput = "${join(folder, String(at))}"`,
    )
    await writeFile(list, lines.join('\n'))
    return this.#curl(['-K', list])
  }

  /** The most memory that nginx and any curl had so far, in bytes. */
  get peaks(): { readonly sender: number; readonly receiver: number } {
    const sender = Math.max(
      ...this.#workers.map((pid) => peakMemory(readFileSync(`/proc/${pid}/status`, 'utf8'))),
    )
    return { sender, receiver: this.#receiverPeak }
  }

  #url(name: string): string {
    return `https://127.0.0.1:${this.#port}/${name}`
  }

  async #curl(args: readonly string[]): Promise<WebFigures> {
    const before = { sender: this.#cpu(), receiver: cpuOfEnded() }
    const startedAt = performance.now()
    const curl = spawn('curl', ['-sSfk', '--tlsv1.3', ...args], { stdio: 'inherit' })
    const watching = setInterval(() => {
      try {
        const peak = peakMemory(readFileSync(`/proc/${curl.pid}/status`, 'utf8'))
        if (peak > this.#receiverPeak) this.#receiverPeak = peak
      } catch {
        // It has just ended.
      }
    }, 50)
    const [code] = await once(curl, 'exit')
    const ms = performance.now() - startedAt
    clearInterval(watching)
    if (code !== 0) throw new Error(`curl ended with ${code}`)
    return { ms, sender: this.#cpu() - before.sender, receiver: cpuOfEnded() - before.receiver }
  }

  // One, and none in the first moment.
  get #workers(): number[] {
    const { pid } = this.#process
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
  }

  #cpu(): number {
    return this.#workers.reduce((sum, pid) => sum + cpuOf(pid), 0)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill('SIGTERM')
    await once(this.#process, 'exit')
  }
}

/** Hashes a file with sha256sum. */
export async function hashSum(path: string): Promise<{ readonly ms: number; readonly cpu: number }> {
  const before = cpuOfEnded()
  const startedAt = performance.now()
  await once(spawn('sha256sum', [path], { stdio: 'ignore' }), 'exit')
  return { ms: performance.now() - startedAt, cpu: cpuOfEnded() - before }
}

const TEMPORARY = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']

const configuration = (folder: string, own: string, port: number): string => `
daemon off;
worker_processes 1;
pid ${own}/nginx.pid;
${process.getuid?.() === 0 ? 'user root;' : ''}
events {}
http {
  access_log off;
  sendfile on;
  keepalive_requests 1000000;
  ${TEMPORARY.map((name) => `${name}_temp_path ${own}/${name};`).join('\n  ')}
  server {
    listen 127.0.0.1:${port} ssl;
    ssl_certificate ${own}/cert.pem;
    ssl_certificate_key ${own}/key.pem;
    ssl_protocols TLSv1.3;
    root ${folder};
  }
}
`

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  return port
}

async function isListening(port: number): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const socket = connect(port, '127.0.0.1')
    try {
      await once(socket, 'connect')
      return
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20))
    } finally {
      socket.destroy()
    }
  }
  throw new Error('nginx does not start')
}
