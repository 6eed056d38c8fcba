import { mkdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { formatKey, parseKey } from '../channel/key-file.js'
import { BitTrickleError, systemErrorCode } from '../errors.js'

/** An index that a peer has met. */
export interface KnownServer {
  /** `host:port`, as the user named it. */
  readonly server: string
  /** Its public key, Base64url. */
  readonly key: string
}

/**
 * The keys of the indexes that a peer has met, one `HOST:PORT KEY` a line in the file `known_servers` of its state
 * folder, as ssh has its known_hosts: trusted on first use, and a key that changed is refused.
 *
 * @example
 * ```ts
 * await new KnownServers(stateDir).forget('index.example:5331')
 * ```
 */
export class KnownServers {
  readonly #path: string | undefined
  #memory = new Map<string, string>()

  /** @param stateDir - the peer's state folder; without one the keys are known for as long as this object lives */
  constructor(stateDir?: string) {
    this.#path = stateDir === undefined ? undefined : join(stateDir, 'known_servers')
  }

  /**
   * All that are known, in the order in which they were met.
   * @throws {@link BitTrickleError} `DISK_ERROR`
   */
  async list(): Promise<KnownServer[]> {
    return [...(await this.#read())].map(([server, key]) => ({ server, key }))
  }

  /**
   * The public key of an index, if it was met before.
   * @throws {@link BitTrickleError} `DISK_ERROR`
   */
  async find(server: string): Promise<Uint8Array | undefined> {
    const key = (await this.#read()).get(server)
    return key === undefined ? undefined : parseKey(key)
  }

  /**
   * Holds an index to this key from now on.
   * @throws {@link BitTrickleError} `DISK_ERROR`
   */
  async remember(server: string, publicKey: Uint8Array): Promise<void> {
    await this.#edit((servers) => servers.set(server, formatKey(publicKey)))
  }

  /**
   * Forgets the key of an index, so that the next one it shows is trusted.
   *
   * @param server - `host:port`, as it stands in the file
   * @returns whether it was known
   * @throws {@link BitTrickleError} `DISK_ERROR`
   */
  async forget(server: string): Promise<boolean> {
    if (!(await this.#read()).has(server)) return false
    await this.#edit((servers) => servers.delete(server))
    return true
  }

  async #edit(edit: (servers: Map<string, string>) => void): Promise<void> {
    const servers = await this.#read()
    edit(servers)
    this.#memory = servers
    if (this.#path === undefined) return
    const lines = [...servers].map(([server, key]) => `${server} ${key}\n`)
    try {
      await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 })
      const { default: writeFileAtomic } = await import('write-file-atomic')
      await writeFileAtomic(this.#path, lines.join(''), { mode: 0o600 })
    } catch (cause) {
      throw this.#diskError('write', cause)
    }
  }

  async #read(): Promise<Map<string, string>> {
    if (this.#path === undefined) return new Map(this.#memory)
    try {
      return this.#parse(await readFile(this.#path, 'utf8'))
    } catch (cause) {
      if (systemErrorCode(cause) === 'ENOENT') return new Map()
      throw this.#diskError('read', cause)
    }
  }

  // A line that cannot be read must not pass for an index never met: its key would be trusted anew.
  #parse(text: string): Map<string, string> {
    const servers = new Map<string, string>()
    for (const [index, line] of text.split('\n').entries()) {
      if (line.trim() === '' || line.startsWith('#')) continue
      const [server = '', key = '', ...rest] = line.trim().split(/\s+/)
      if (parseKey(key) === undefined || rest.length > 0) {
        const message = `Line ${index + 1} of ${this.#path} is no "HOST:PORT KEY"; mend or remove it.`
        throw new BitTrickleError('DISK_ERROR', message)
      }
      servers.set(server, key)
    }
    return servers
  }

  #diskError(what: string, cause: unknown): BitTrickleError {
    if (cause instanceof BitTrickleError) return cause
    return new BitTrickleError('DISK_ERROR', `Cannot ${what} ${this.#path} (${systemErrorCode(cause)}).`, {
      cause,
    })
  }
}
