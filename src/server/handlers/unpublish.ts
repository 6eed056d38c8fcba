import { BitTrickleError } from '../../errors.js'
import type { UnpublishRequest } from '../../wire/messages.js'
import { quote } from '../../wire/names.js'
import type { Handler } from './context.js'

/** Takes an offered name back. Its form is not checked: one that could not be published is not there. */
export const unpublish: Handler<UnpublishRequest> = async ({ catalogue, clock, emit }, session, { name }) => {
  const { username } = session
  if (!(await catalogue.unpublish(username, name))) {
    throw new BitTrickleError('NOT_PUBLISHED', `You do not publish ${quote(name)}.`)
  }
  emit('unpublish', { username, name, at: new Date(clock.now()) })
  return { type: 'unpublish', name }
}
