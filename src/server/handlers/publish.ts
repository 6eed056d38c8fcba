import { BitTrickleError } from '../../errors.js'
import { type Audience, toAudience, toList } from '../../wire/audience.js'
import type { PublishRequest } from '../../wire/messages.js'
import { assertName } from '../../wire/names.js'
import type { CatalogueEntry } from '../catalogue/catalogue-store.js'
import type { Handler, HandlerContext } from './context.js'

/** Offers a name. Offering it again changes what is behind it, or nothing. */
export const publish: Handler<PublishRequest> = async (context, { username }, { to, ...item }) => {
  const offer = prepareOffer(context, username, item, toAudience(to))
  const created = await context.catalogue.publish(offer.entry)
  tellOffer(context, offer, created)
  return { type: 'publish', name: item.name, created }
}

/** What is to be published, found good. */
export interface Prepared {
  readonly entry: CatalogueEntry
  /** What the user offers by this name until then. */
  readonly before: CatalogueEntry | undefined
}

/** What of one request was prepared and is not in the catalogue yet. */
export interface Ahead {
  /** By name, what came last. */
  readonly entries: ReadonlyMap<string, CatalogueEntry>
  /** How many of the names are new. */
  readonly fresh: number
}

/**
 * Looks whether a user may offer a name.
 *
 * @throws BitTrickleError `INVALID_NAME`, `INDEX_FULL`
 */
export function prepareOffer(
  context: HandlerContext,
  username: string,
  { name, root, size }: Pick<PublishRequest, 'name' | 'root' | 'size'>,
  audience: Audience,
  ahead?: Ahead,
): Prepared {
  assertName(name)
  const { catalogue, clock } = context
  // The first name that begins with a name is that name.
  const before =
    ahead?.entries.get(name) ??
    (catalogue.has(username, name)
      ? catalogue.publishedBy(username, { prefix: name, limit: 1 })[0]
      : undefined)
  if (before === undefined) assertRoom(context, username, ahead?.fresh ?? 0)
  const content = root === undefined || size === undefined ? undefined : { root, size }
  const seen = audience === undefined ? undefined : { audience }
  return { entry: { username, name, ...content, ...seen, publishedAt: new Date(clock.now()) }, before }
}

/** Tells the owner of the index of a name that was published. */
export function tellOffer({ emit }: HandlerContext, { entry, before }: Prepared, created: boolean): void {
  if (!created && (before === undefined || isSame(before, entry))) return
  const { username, name, root, size, audience, publishedAt: at } = entry
  const content = root === undefined || size === undefined ? undefined : { root, size }
  const to = toList(audience)
  const seen = to === undefined ? undefined : { to }
  emit(created ? 'publish' : 'republish', { username, name, ...content, ...seen, at })
}

type Described = Pick<CatalogueEntry, 'root' | 'size' | 'audience'>

const isSame = (a: Described, b: Described): boolean =>
  a.root === b.root && a.size === b.size && a.audience === b.audience

function assertRoom({ catalogue, limits }: HandlerContext, username: string, ahead: number): void {
  if (catalogue.count(username) + ahead >= limits.publicationsPerUser) {
    throw new BitTrickleError(
      'INDEX_FULL',
      `You publish the limit of ${limits.publicationsPerUser} names; unpublish some first.`,
    )
  }
  if (catalogue.size + ahead >= limits.publications) {
    throw new BitTrickleError(
      'INDEX_FULL',
      `The catalogue holds its limit of ${limits.publications} publications; ask the operator to raise it.`,
    )
  }
}
