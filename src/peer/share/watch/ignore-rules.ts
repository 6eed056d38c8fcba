import { sep } from 'node:path'
import type { Matcher } from 'picomatch'
import { loadPart } from '../../../load-part.js'

/** What is no use to anybody else: what the system hides, and what editors and other downloads put beside a file. */
const DEFAULTS = [
  '.*',
  '*~',
  '~$*',
  '#*#',
  '*.tmp',
  '*.temp',
  '*.swp',
  '*.crdownload',
  'Thumbs.db',
  'desktop.ini',
]

/** What our own downloads have not finished is never shared, whatever the options say. */
const ALWAYS = ['*.part', '*.part.journal']

/** Tells whether a path, relative to the watched folder, is left out. */
export type IgnoreRule = (path: string) => boolean

/**
 * Makes a rule out of patterns. One without a "/" is about the last part of a path, at any depth; another is about the
 * whole path. A "/" at the end is passed over.
 */
export async function makeIgnoreRule(
  patterns: readonly string[],
  withDefaults: boolean,
): Promise<IgnoreRule> {
  const { default: picomatch } = await loadPart(() => import('picomatch'))
  const all = [...ALWAYS, ...(withDefaults ? DEFAULTS : []), ...patterns].map((text) =>
    text.replace(/^\/(?=.)/, './').replace(/\/+$/, ''),
  )
  const isBare = (pattern: string): boolean => !pattern.includes('/')
  const compile = (some: string[]): Matcher => picomatch(some, { dot: true })
  const [ofName, ofPath] = [compile(all.filter(isBare)), compile(all.filter((one) => !isBare(one)))]
  return (path) => {
    const posix = sep === '/' ? path : path.split(sep).join('/')
    return ofName(posix.slice(posix.lastIndexOf('/') + 1)) || ofPath(posix)
  }
}
