import type { Content } from '../../content/content.js'
import { stampText } from '../../content/file-stamp.js'
import type { HashFileOptions } from '../../content/hash-file.js'
import { BitTrickleError } from '../../errors.js'
import { type Audience, toAudience } from '../../wire/audience.js'
import { quote } from '../../wire/names.js'
import type { PublicationRecord } from '../../wire/records.js'
import type { Connection } from '../connection.js'
import { isFolderName, prefixOf, toFolderName } from '../folder-name.js'
import { eachInFlight } from '../in-flight.js'
import { collect } from '../pages.js'
import { Questions } from '../questions.js'
import type { RequestPace } from '../request-pace.js'
import type { Publication, PublishOptions } from '../types.js'
import { Announcer, toOf } from './announcer.js'
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

/** What is published under a name. */
export interface CurrentPublication {
  /** Path in the share folder. */
  readonly file: string
  /**
   * What the file was when the index heard of its content; undefined when the index does not have that, or not yet.
   * Where files are not hashed, the empty text stands for all that a file may be.
   */
  readonly stamp: string | undefined
}

/** What the index has of a name. */
interface Announced {
  readonly root: string | undefined
  readonly audience: Audience
}

/** How to publish a file that a watched folder has. */
export interface PublishFileOptions {
  readonly signal: AbortSignal
  /** A name under which the same bytes are published, if the file was only moved. */
  readonly movedFrom?: string | undefined
  /** Who may see it. */
  readonly audience: Audience
}

/** What this user offers: keeps what is served here and what the index says of it the same. */
export class Publications {
  readonly #options: PublicationsOptions
  readonly #share: Share
  readonly #index: Index
  readonly #announcer: Announcer
  /** What the index has for each name, as far as it has told. */
  #announced = new Map<string, Announced>()

  constructor(options: PublicationsOptions) {
    this.#options = options
    this.#share = options.share
    this.#index = options.connection
    this.#announcer = new Announcer(options)
  }

  /** Publishes a file, or the files of a folder. */
  async publish(path: string, options: PublishOptions): Promise<Publication> {
    const audience = toAudience(options.to)
    const folder = await this.#share.findFolder(path)
    if (folder !== undefined) {
      const { onWarning } = this.#options
      return publishFolder({
        share: this.#share,
        folder,
        options,
        publishFile: (name, file, given) => this.#publishFile({ name, file, audience }, given, 'many'),
        onWarning,
      })
    }
    const { name, file } = await this.#share.prepare(path, options.name)
    return this.#publishFile({ name, file, audience }, options)
  }

  async #publishFile(
    { name, file, audience }: { readonly name: string; readonly file: string; readonly audience: Audience },
    options: HashFileOptions,
    count: 'one' | 'many' = 'one',
  ): Promise<Publication> {
    // Served before it is announced: whoever hears of it may come at once.
    const undo = this.#share.add(name, file, audience)
    try {
      // One of many is remembered with the others.
      if (count === 'one') await this.#share.save()
      await this.#announce(name, options, count)
    } catch (error) {
      undo()
      if (count === 'one') await this.#share.save().catch(() => {})
      throw error
    }
    return { name, path: this.#share.absolute(file), ...toOf(audience) }
  }

  async #announce(name: string, options: HashFileOptions, count: 'one' | 'many'): Promise<void> {
    const content = await this.#share.hash(name, options)
    const audience = this.#share.audienceOf(name)
    const item = { name, ...content }
    if (count === 'many') await this.#announcer.announce(item, { audience, signal: options.signal })
    else await this.#index.request({ type: 'publish', ...item, ...toOf(audience) })
    this.#announced.set(name, { root: content?.root, audience })
  }

  /**
   * Publishes one of many files, at the pace that the index allows. {@link save} remembers it.
   * @throws BitTrickleError as {@link publish}
   */
  async publishFile(
    name: string,
    file: string,
    { signal, movedFrom, audience }: PublishFileOptions,
  ): Promise<Publication> {
    if (movedFrom !== undefined) this.#share.contents.followMove(movedFrom, file)
    return this.#publishFile({ name, file, audience }, { signal }, 'many')
  }

  /**
   * Takes back one of many names, whether the index still has it or not. {@link save} remembers it.
   * @throws BitTrickleError as {@link unpublish}, but for `NOT_PUBLISHED`
   */
  async unpublishName(name: string, signal?: AbortSignal): Promise<void> {
    const ask = () => this.#index.request({ type: 'unpublish', name })
    await this.#options.pace.ask(ask, signal).catch(unlessGone)
    this.#forget(name)
  }

  #forget(name: string): void {
    this.#announced.delete(name)
    this.#share.remove(name)
  }

  /**
   * Remembers for the next run what is published.
   * @throws BitTrickleError `DISK_ERROR`
   */
  save(): Promise<void> {
    return this.#share.save()
  }

  /**
   * What is published under a name by this peer.
   * @param audience - who is to see it: what the index has for others does not count
   */
  current(name: string, audience: Audience): CurrentPublication | undefined {
    const file = this.#share.fileOf(name)
    if (file === undefined) return undefined
    const announced = this.#announced.get(name)
    if (announced === undefined || announced.audience !== audience) return { file, stamp: undefined }
    if (!this.#share.hashes) return { file, stamp: '' }
    const { root } = announced
    const isAnnounced = root !== undefined && root === rootOf(this.#share.contents.get(name))
    const stamp = isAnnounced ? this.#share.contents.stampOf(name) : undefined
    return { file, stamp: stamp && stampText(stamp) }
  }

  /** Takes back a name, or all names below a folder. */
  async unpublish(name: string): Promise<void> {
    if (isFolderName(name)) {
      await this.#unpublishFolder(toFolderName(name))
    } else {
      await this.#index.request({ type: 'unpublish', name })
      this.#forget(name)
    }
    await this.#share.save()
  }

  async #unpublishFolder(folder: string): Promise<void> {
    const names = await collect(this.#questions(this.#index).published(prefixOf(folder)))
    if (names.length === 0) {
      throw new BitTrickleError('NOT_PUBLISHED', `You publish nothing below ${quote(folder)}.`)
    }
    await eachInFlight(names, PUBLISHED_AT_ONCE, ({ name }) => this.unpublishName(name))
  }

  /** What the index has of this user; with the files that are behind it here. */
  async list(): Promise<Publication[]> {
    return (await this.#kept(this.#index)).map(({ name, to }) => {
      const file = this.#share.fileOf(name)
      const path = file === undefined ? {} : { path: this.#share.absolute(file) }
      return { name, ...path, ...(to === undefined ? {} : { to }) }
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
      const kept = new Map(
        (await this.#kept(index)).map(({ name, root, to }) => [name, { root, audience: toAudience(to) }]),
      )
      this.#announced = new Map(kept)
      await this.#share.adopt(new Map([...kept].map(([name, { audience }]) => [name, audience])))
      const announcer = new Announcer({ connection: index, pace: this.#options.pace })
      await eachInFlight(this.#share.names(), PUBLISHED_AT_ONCE, async (name) => {
        const content = await this.#share.hash(name).catch((error: unknown) => this.#pass(name, kept, error))
        if (content === 'passed') return
        // An index that keeps its catalogue in memory has forgotten it when it was started anew; or the file is another.
        const isKnown = kept.has(name) && (content === undefined || kept.get(name)?.root === content.root)
        if (isKnown) return
        const audience = this.#share.audienceOf(name)
        await announcer.announce({ name, ...content }, { audience })
        this.#announced.set(name, { root: content?.root, audience })
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
      await this.#announce(name, {}, 'one')
      onWarning(`The file behind ${quote(name)} has changed; it is published anew.`)
    } catch (cause) {
      onWarning(`The file behind ${quote(name)} has changed, and cannot be published anew.`, cause)
    }
  }
}

const rootOf = (content: Content | undefined): string | undefined => content?.root.toString('base64url')

function unlessGone(error: unknown): void {
  if (!(error instanceof BitTrickleError) || error.code !== 'NOT_PUBLISHED') throw error
}
