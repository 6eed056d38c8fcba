import { mkdir, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import { formatKey, parseKey } from '../channel/key-file.js'
import { BitTrickleError, systemErrorCode } from '../errors.js'

/**
 * The keys of the indexes that this peer has met, one `HOST:PORT KEY` a line, as ssh has its known_hosts: trusted on
 * first use, and a key that changed is refused.
 */
export class KnownServers {
  readonly #path: string | undefined
  #memory = new Map<string, string>()

  /** @param path - the file; without one the keys are known for as long as this object lives */
  constructor(path?: string) {
    this.#path = path
  }

  /**
   * Checks the key of an index, and remembers it when this is the first meeting.
   *
   * @param server - `host:port`, as the user named it
   * @throws {@link BitTrickleError} `SERVER_KEY_CHANGED`, `DISK_ERROR`
   */
  async verify(server: string, publicKey: Buffer): Promise<void> {
    const key = formatKey(publicKey)
    const known = (await this.#read()).get(server)
    if (known === undefined) {
      await this.#edit((servers) => servers.set(server, key))
    } else if (known !== key) {
      throw new BitTrickleError(
        'SERVER_KEY_CHANGED',
        `THE KEY OF ${server} HAS CHANGED. Someone may stand between you and the index, or the index was set up anew. ` +
          `Ask its operator for the key: expected ${known}, received ${key}. ` +
          `If the new one is right, forget the old one with "bittrickle forget ${server}".`,
      )
    }
  }

  /**
   * Forgets the key of an index.
   * @returns whether it was known
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
