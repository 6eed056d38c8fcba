import { BitTrickleError } from '../../errors.js'
import type { PublishRequest } from '../../wire/messages.js'
import { assertName } from '../../wire/names.js'
import type { Handler, HandlerContext } from './context.js'

/** Offers a name. Offering it again changes what is behind it, or nothing. */
export const publish: Handler<PublishRequest> = async (context, { username }, { name, root, size }) => {
  assertName(name)
  const { catalogue, clock, emit } = context
  if (!catalogue.has(username, name)) assertRoom(context, username)
  const at = new Date(clock.now())
  const content = root === undefined || size === undefined ? {} : { root, size }
  // The first name that begins with a name is that name.
  const [before] = catalogue.publishedBy(username, { prefix: name, limit: 1 })
  const created = await catalogue.publish({ username, name, ...content, publishedAt: at })
  const isOther = before?.name === name && (before.root !== root || before.size !== size)
  if (created) emit('publish', { username, name, ...content, at })
  else if (isOther) emit('republish', { username, name, ...content, at })
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
