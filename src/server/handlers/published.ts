import type { PublishedRequest } from '../../wire/messages.js'
import type { Handler } from './context.js'
import { toPage } from './page.js'

/** Names what the caller offers, sorted. */
export const published: Handler<PublishedRequest> = ({ catalogue }, { username }, request) => {
  const page = toPage(request, (range) => catalogue.publishedBy(username, range))
  return { type: 'published', items: page.items.map(({ name }) => ({ name })), more: page.more }
}
