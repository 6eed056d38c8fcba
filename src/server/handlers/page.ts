import type { Page, PageRequest } from '../../wire/messages.js'
import type { Range } from '../catalogue/catalogue-store.js'

/** Reads one item more than was asked for, to know whether more follow. */
export function toPage<Item>(
  request: PageRequest & { readonly prefix?: string },
  read: (range: Range) => readonly Item[],
): Page<Item> {
  const { prefix, after, limit } = request
  const range = {
    ...(prefix === undefined ? {} : { prefix }),
    ...(after === undefined ? {} : { after }),
  }
  if (limit === undefined) return { items: read(range), more: false }
  const found = read({ ...range, limit: limit + 1 })
  return { items: found.slice(0, limit), more: found.length > limit }
}
