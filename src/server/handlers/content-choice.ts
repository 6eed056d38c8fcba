import type { CatalogueEntry } from '../catalogue/catalogue-store.js'
import type { Session } from '../sessions.js'
import type { HandlerContext } from './context.js'
import { makeSight } from './visibility.js'

/** What is asked for. */
export interface Wanted {
  readonly name: string
  /** This content alone, whatever its names. */
  readonly root?: string
  /** From this user alone. */
  readonly from?: string
}

/** The offers of one content. */
interface Group {
  readonly first: CatalogueEntry
  readonly users: Set<string>
}

type Catalogue = Pick<HandlerContext, 'catalogue' | 'sessions'>

/**
 * Whether an offer is of use to an asker: one that the asker may see, of another active user, and in the way of
 * transferring that both know. A
 * peer with a certificate fetches by root from peers with one; a peer without fetches by name from those without.
 */
export function isOfUse({ sessions }: Catalogue, asker: Session): (offer: CatalogueEntry) => boolean {
  const isSealed = asker.fingerprint !== undefined
  const maySee = makeSight(asker)
  return ({ username, root, audience }) => {
    if (!maySee(audience)) return false
    if (username === asker.username || (isSealed && root === undefined)) return false
    const source = sessions.find(username)
    return source !== undefined && (source.fingerprint !== undefined) === isSealed
  }
}

/**
 * Chooses what a name stands for: the content that most active users offer under it, and the one that was published
 * first where several are as many. What is behind an offer that does not say is taken for one more content.
 *
 * @returns the first offer of that content; undefined when there is none for this asker
 */
export function chooseContent(
  context: Catalogue,
  asker: Session,
  wanted: Wanted,
): CatalogueEntry | undefined {
  const offers = usable(context, asker, wanted.name, wanted.root, wanted.from)
  const [only] = offers
  if (offers.length <= 1) return only
  const groups = new Map<string, Group>()
  for (const first of offers) {
    const key = contentKey(first)
    const known = groups.get(key)
    if (known === undefined) groups.set(key, { first, users: new Set([first.username]) })
    else known.users.add(first.username)
  }
  // In the order in which they came: whoever is as many later does not win.
  let best: Group | undefined
  for (const group of groups.values()) {
    if (best === undefined || group.users.size > best.users.size) best = group
  }
  return best?.first
}

/** The active peers that can serve the content of an offer to this asker, each once. */
export function sourcesOf(
  context: Catalogue,
  asker: Session,
  offer: CatalogueEntry,
  from?: string,
): readonly Session[] {
  const { name, root, size } = offer
  const sources: Session[] = []
  for (const other of usable(context, asker, name, root, from)) {
    const source = context.sessions.find(other.username)
    if (source !== undefined && other.root === root && other.size === size) sources.push(source)
  }
  // A user offers a name once, but perhaps several names of one content.
  return sources.length <= 1 ? sources : [...new Set(sources)]
}

/** A text that is the same for two offers when their content is; one that does not say is like no other but those. */
export const contentKey = ({ root, size }: CatalogueEntry): string => `${root} ${size}`

// A plain loop into a plain list: this is the question that an index is asked most often.
function usable(
  context: Catalogue,
  asker: Session,
  name: string,
  root: string | undefined,
  from: string | undefined,
): CatalogueEntry[] {
  const { catalogue } = context
  const matches = isOfUse(context, asker)
  const found: CatalogueEntry[] = []
  // Who fetches by name can do nothing with another name of the same content.
  const isByRoot = root !== undefined && asker.fingerprint !== undefined
  for (const offer of isByRoot ? catalogue.offersOf(root) : catalogue.offers(name)) {
    if (root !== undefined && offer.root !== root) continue
    if (from !== undefined && offer.username !== from) continue
    if (matches(offer)) found.push(offer)
  }
  return found
}
