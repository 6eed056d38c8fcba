import { BitTrickleError } from '../../errors.js'
import { type Audience, toAudience, toList } from '../../wire/audience.js'
import type { PublishRequest } from '../../wire/messages.js'
import { assertName } from '../../wire/names.js'
import type { CatalogueEntry } from '../catalogue/catalogue-store.js'
import type { Handler, HandlerContext } from './context.js'

/** Offers a name. Offering it again changes what is behind it, or nothing. */
export const publish: Handler<PublishRequest> = async (context, { username }, { to, ...item }) => ({
  type: 'publish',
  name: item.name,
  created: await publishItem(context, username, item, toAudience(to)),
})

/**
 * Offers one name of a user, and tells the owner of the index of it.
 *
 * @returns whether the name is new
 * @throws BitTrickleError `INVALID_NAME`, `INDEX_FULL`, `DISK_ERROR`
 */
export async function publishItem(
  context: HandlerContext,
  username: string,
  { name, root, size }: Pick<PublishRequest, 'name' | 'root' | 'size'>,
  audience: Audience,
): Promise<boolean> {
  assertName(name)
  const { catalogue, clock, emit } = context
  if (!catalogue.has(username, name)) assertRoom(context, username)
  const at = new Date(clock.now())
  const content = root === undefined || size === undefined ? {} : { root, size }
  const seen = audience === undefined ? {} : { audience }
  // The first name that begins with a name is that name.
  const [before] = catalogue.publishedBy(username, { prefix: name, limit: 1 })
  const created = await catalogue.publish({ username, name, ...content, ...seen, publishedAt: at })
  const isOther = before?.name === name && !isSame(before, { ...content, ...seen })
  const list = toList(audience)
  const event = { username, name, ...content, ...(list === undefined ? {} : { to: list }), at }
  if (created) emit('publish', event)
  else if (isOther) emit('republish', event)
  return created
}

type Described = Pick<CatalogueEntry, 'root' | 'size' | 'audience'>

const isSame = (a: Described, b: Described): boolean =>
  a.root === b.root && a.size === b.size && a.audience === b.audience

function assertRoom({ catalogue, limits }: HandlerContext, username: string): void {
  if (catalogue.count(username) >= limits.publicationsPerUser) {
    throw new BitTrickleError(
      'INDEX_FULL',
      `You publish the limit of ${limits.publicationsPerUser} names; unpublish some first.`,
    )
  }
  if (catalogue.size >= limits.publications) {
    throw new BitTrickleError(
      'INDEX_FULL',
      `The catalogue holds its limit of ${limits.publications} publications; ask the operator to raise it.`,
    )
  }
}
