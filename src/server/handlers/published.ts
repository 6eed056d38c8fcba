import { toList } from '../../wire/audience.js'
import type { PublishedRequest } from '../../wire/messages.js'
import type { PublicationRecord } from '../../wire/records.js'
import type { CatalogueEntry } from '../catalogue/catalogue-store.js'
import type { Handler } from './context.js'
import { toPage } from './page.js'

/** Lists what the caller offers, in all or below a folder, sorted. */
export const published: Handler<PublishedRequest> = ({ catalogue }, { username }, request) => {
  const page = toPage(request, (range) => catalogue.publishedBy(username, range))
  return { type: 'published', items: page.items.map(toRecord), more: page.more }
}

function toRecord({ name, root, size, audience }: CatalogueEntry): PublicationRecord {
  const to = toList(audience)
  return {
    name,
    ...(root === undefined || size === undefined ? {} : { root, size }),
    ...(to === undefined ? {} : { to }),
  }
}
