import { BitTrickleError } from '../../errors.js'
import { toAudience } from '../../wire/audience.js'
import type { PublishRequest } from '../../wire/messages.js'
import { assertName } from '../../wire/names.js'
import type { Handler, HandlerContext } from './context.js'

/** Offers a name. Offering it again changes what is behind it, or nothing. */
export const publish: Handler<PublishRequest> = async (context, { username }, { name, root, size, to }) => {
  assertName(name)
  const audience = toAudience(to)
  const { catalogue, clock, emit } = context
  if (!catalogue.has(username, name)) assertRoom(context, username)
  const at = new Date(clock.now())
  const content = {
    ...(root === undefined || size === undefined ? {} : { root, size }),
    ...(audience === undefined ? {} : { audience }),
  }
  const created = await catalogue.publish({ username, name, ...content, publishedAt: at })
  if (created) emit('publish', { username, name, at })
  return { type: 'publish', name, created }
}

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
