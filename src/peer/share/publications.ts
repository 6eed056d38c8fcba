import type { HashFileOptions } from '../../content/hash-file.js'
import { BitTrickleError } from '../../errors.js'
import { quote } from '../../wire/names.js'
import type { PublicationRecord } from '../../wire/records.js'
import type { Connection } from '../connection.js'
import { isFolderName, prefixOf, toFolderName } from '../folder-name.js'
import { eachInFlight } from '../in-flight.js'
import { collect } from '../pages.js'
import { Questions } from '../questions.js'
import type { RequestPace } from '../request-pace.js'
import type { Publication, PublishOptions } from '../types.js'
import { PUBLISHED_AT_ONCE, publishFolder } from './publish-folder.js'
import type { Share } from './share.js'

/** What {@link Publications} need. */
export interface PublicationsOptions {
  readonly share: Share
  readonly connection: Pick<Connection, 'request'>
  readonly pace: RequestPace
  readonly onWarning: (message: string, cause?: unknown) => void
}

type Index = PublicationsOptions['connection']

/** What this user offers: keeps what is served here and what the index says of it the same. */
export class Publications {
  readonly #options: PublicationsOptions
  readonly #share: Share
  readonly #index: Index

  constructor(options: PublicationsOptions) {
    this.#options = options
    this.#share = options.share
    this.#index = options.connection
  }

  /** Publishes a file, or the files of a folder. */
  async publish(path: string, options: PublishOptions): Promise<Publication> {
    const folder = await this.#share.findFolder(path)
    if (folder !== undefined) {
      const { pace, onWarning } = this.#options
      return publishFolder({
        share: this.#share,
        folder,
        options,
        publishFile: (name, file, given) => this.#publishFile(name, file, given, pace),
        onWarning,
      })
    }
    const { name, file } = await this.#share.prepare(path, options.name)
    return this.#publishFile(name, file, options)
  }

  async #publishFile(
    name: string,
    file: string,
    options: HashFileOptions,
    pace?: RequestPace,
  ): Promise<Publication> {
    // Served before it is announced: whoever hears of it may come at once.
    const undo = this.#share.add(name, file)
    try {
      // One of many is remembered with the others.
      if (pace === undefined) await this.#share.save()
      await this.#announce(name, options, pace)
    } catch (error) {
      undo()
      if (pace === undefined) await this.#share.save().catch(() => {})
      throw error
    }
    return { name, path: this.#share.absolute(file) }
  }

  async #announce(name: string, options: HashFileOptions, pace?: RequestPace): Promise<void> {
    const content = await this.#share.hash(name, options)
    const ask = () => this.#index.request({ type: 'publish', name, ...content })
    await (pace === undefined ? ask() : pace.ask(ask, options.signal))
  }

  /** Takes back a name, or all names below a folder. */
  async unpublish(name: string): Promise<void> {
    if (isFolderName(name)) {
      await this.#unpublishFolder(toFolderName(name))
    } else {
      await this.#index.request({ type: 'unpublish', name })
      this.#share.remove(name)
    }
    await this.#share.save()
  }

  async #unpublishFolder(folder: string): Promise<void> {
    const names = await collect(this.#questions(this.#index).published(prefixOf(folder)))
    if (names.length === 0) {
      throw new BitTrickleError('NOT_PUBLISHED', `You publish nothing below ${quote(folder)}.`)
    }
    const { pace } = this.#options
    await eachInFlight(names, PUBLISHED_AT_ONCE, async ({ name }) => {
      await pace.ask(() => this.#index.request({ type: 'unpublish', name })).catch(unlessGone)
      this.#share.remove(name)
    })
  }

  /** What the index has of this user; with the files that are behind it here. */
  async list(): Promise<Publication[]> {
    return (await this.#kept(this.#index)).map(({ name }) => {
      const file = this.#share.fileOf(name)
      return file === undefined ? { name } : { name, path: this.#share.absolute(file) }
    })
  }

  #kept(index: Index): Promise<PublicationRecord[]> {
    return collect(this.#questions(index).published())
  }

  #questions(connection: Index): Questions {
    return new Questions({ ...this.#options, connection })
  }

  /**
   * Takes up what was published before: what the index has kept can be fetched here again, and an index that was started
   * anew hears of it again. Never rejects.
   *
   * @param index - asked directly, while the session is only being opened
   */
  async takeUp(index: Index): Promise<void> {
    try {
      const kept = new Map((await this.#kept(index)).map(({ name, root }) => [name, root]))
      await this.#share.adopt([...kept.keys()])
      const { pace } = this.#options
      await eachInFlight(this.#share.names(), PUBLISHED_AT_ONCE, async (name) => {
        const content = await this.#share.hash(name).catch((error: unknown) => this.#pass(name, kept, error))
        if (content === 'passed') return
        // An index that keeps its catalogue in memory has forgotten it when it was started anew; or the file is another.
        const isKnown = kept.has(name) && (content === undefined || kept.get(name) === content.root)
        if (!isKnown) await pace.ask(() => index.request({ type: 'publish', name, ...content }))
      })
    } catch (cause) {
      const message = 'What was published before cannot be looked up; publish it again to serve it.'
      this.#options.onWarning(message, cause)
    }
  }

  // One file that cannot be read does not keep the others from being served.
  #pass(name: string, kept: ReadonlyMap<string, unknown>, cause: unknown): 'passed' {
    if (!(cause instanceof BitTrickleError) || cause.code === 'CLOSED') throw cause
    // Of those that are not there any more, adopt() has warned.
    if (cause.code !== 'NOT_FOUND' || !kept.has(name)) {
      this.#options.onWarning(`${quote(name)} is published but cannot be served: ${cause.message}`, cause)
    }
    return 'passed'
  }

  /** Its file is no longer what was published: whoever wants it must be told what it is now. Never rejects. */
  async renew(name: string): Promise<void> {
    const { onWarning } = this.#options
    try {
      await this.#announce(name, {})
      onWarning(`The file behind ${quote(name)} has changed; it is published anew.`)
    } catch (cause) {
      onWarning(`The file behind ${quote(name)} has changed, and cannot be published anew.`, cause)
    }
  }
}

function unlessGone(error: unknown): void {
  if (!(error instanceof BitTrickleError) || error.code !== 'NOT_PUBLISHED') throw error
}
