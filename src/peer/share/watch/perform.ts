import { BitTrickleError } from '../../../errors.js'
import type { Audience } from '../../../wire/audience.js'
import { eachInFlight } from '../../in-flight.js'
import type { Publication } from '../../types.js'
import type { Publications } from '../publications.js'
import { OF_ONE_FILE, PUBLISHED_AT_ONCE, SAVE_AFTER } from '../publish-folder.js'
import type { Difference } from './difference.js'

/** What {@link perform} needs. */
export interface PerformOptions {
  readonly publications: Pick<Publications, 'publishFile' | 'unpublishName' | 'save'>
  readonly signal: AbortSignal
  /** Who may see what is published. */
  readonly audience: Audience
  readonly onPublished: (publication: Publication) => void
  readonly onUnpublished: (name: string) => void
}

/** What came of it. */
export interface Performed {
  /** Files that could not be published, by their paths. */
  readonly failed: ReadonlyMap<string, BitTrickleError>
  /** Why not everything was done: nothing that is wrong with a file. */
  readonly stopped: BitTrickleError | undefined
}

/**
 * Makes the publications equal to the folder. Files that have come go first, so that one that was moved can be had all
 * the time.
 *
 * @throws what is no BitTrickleError
 */
export async function perform(
  { publish, unpublish }: Pick<Difference, 'publish' | 'unpublish'>,
  { publications, signal, audience, onPublished, onUnpublished }: PerformOptions,
): Promise<Performed> {
  const failed = new Map<string, BitTrickleError>()
  let stopped: BitTrickleError | undefined
  let done = 0
  const count = async (): Promise<void> => {
    if (++done % SAVE_AFTER === 0) await publications.save()
  }
  const attempt = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work()
    } catch (error) {
      if (!(error instanceof BitTrickleError)) throw error
      stopped ??= error
    }
  }
  await attempt(async () => {
    await eachInFlight(publish, PUBLISHED_AT_ONCE, async ({ name, file, movedFrom }) => {
      try {
        onPublished(await publications.publishFile(name, file, { signal, movedFrom, audience }))
      } catch (error) {
        if (!(error instanceof BitTrickleError) || !OF_ONE_FILE.includes(error.code)) throw error
        failed.set(file, error)
      }
      await count()
    })
    await eachInFlight(unpublish, PUBLISHED_AT_ONCE, async (name) => {
      await publications.unpublishName(name, signal)
      onUnpublished(name)
      await count()
    })
  })
  if (done > 0) await attempt(() => publications.save())
  return { failed, stopped }
}
