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
  /** Which offers count; absent: those that are of use to the asker. It must ask {@link isOfUse}, too. */
  readonly includes?: (offer: CatalogueEntry) => boolean
}

/** What was chosen. */
export interface Choice {
  /** The first offer of the content. */
  readonly offer: CatalogueEntry
  /** How many contents there were to choose from. */
  readonly contents: number
}

/** The offers of one content. */
interface Group {
  readonly first: CatalogueEntry
  readonly users: Set<string>
}

type Catalogue = Pick<HandlerContext, 'catalogue' | 'sessions'>

/**
 * Whether an offer is of use to an asker: one that the asker may see, of another active user, and in the way of
 * transferring that both know. A peer with a certificate fetches by root from peers with one; a peer without fetches by
 * name from those without.
 *
 * @param isLater - whether one that may be of use when its user is active again is of use, too
 */
export function isOfUse(
  { sessions }: Catalogue,
  asker: Session,
  isLater = false,
): (offer: CatalogueEntry) => boolean {
  const isSealed = asker.fingerprint !== undefined
  const maySee = makeSight(asker)
  return ({ username, root, audience }) => {
    if (!maySee(audience)) return false
    if (username === asker.username || (isSealed && root === undefined)) return false
    const source = sessions.find(username)
    return source === undefined ? isLater : (source.fingerprint !== undefined) === isSealed
  }
}

/**
 * Chooses what a name stands for: the content that most active users offer under it, and the newest where several are
 * as many. The age of a content is that of its first offer: who fetches an old one and offers it on does not make it new.
 * What is behind an offer that does not say is taken for one more content.
 *
 * @returns undefined when there is none for this asker
 */
export function chooseContent(context: Catalogue, asker: Session, wanted: Wanted): Choice | undefined {
  const { name, root, from, includes } = wanted
  const offers = usable(context, asker, name, root, from, includes)
  const [only] = offers
  if (only === undefined) return undefined
  if (offers.length === 1) return { offer: only, contents: 1 }
  const groups = new Map<string, Group>()
  for (const first of offers) {
    const key = contentKey(first)
    const group = groups.get(key) ?? { first, users: new Set() }
    groups.set(key, group)
    if (context.sessions.find(first.username) !== undefined) group.users.add(first.username)
  }
  let best: Group = { first: only, users: new Set() }
  // In the order in which they came: whoever is as many later wins.
  for (const group of groups.values()) {
    if (group.users.size >= best.users.size) best = group
  }
  return { offer: best.first, contents: groups.size }
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

/** How many active peers can serve each content of a root to this asker, by its size: all of them in one look. */
export function sourceCounts(
  context: Catalogue,
  asker: Session,
  root: string,
  from?: string,
): ReadonlyMap<number | undefined, number> {
  const users = new Map<number | undefined, Set<string>>()
  for (const { username, size } of usable(context, asker, '', root, from)) {
    if (context.sessions.find(username) === undefined) continue
    users.set(size, (users.get(size) ?? new Set()).add(username))
  }
  return new Map([...users].map(([size, all]) => [size, all.size]))
}

/** A text that is the same for two offers when their content is; one that does not say is like no other but those. */
const contentKey = ({ root, size }: CatalogueEntry): string => `${root} ${size}`

// A plain loop into a plain list: this is the question that an index is asked most often.
function usable(
  context: Catalogue,
  asker: Session,
  name: string,
  root: string | undefined,
  from: string | undefined,
  matches = isOfUse(context, asker),
): CatalogueEntry[] {
  const { catalogue } = context
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
