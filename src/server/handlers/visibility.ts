import type { Audience } from '../../wire/audience.js'
import type { Session } from '../sessions.js'

/**
 * Whether the user of a session may see what is published to an audience. What one may not see does not exist: whoever
 * answers a question about names of others asks here first, before anything else depends on them.
 */
export function makeSight({ username, groups }: Session): (audience: Audience) => boolean {
  // Thousands of offers are asked about that have one audience, or a few.
  const known = new Map<string, boolean>()
  return (audience) => {
    if (audience === undefined) return true
    const before = known.get(audience)
    if (before !== undefined) return before
    const isIn = audience
      .split(' ')
      .some((word) => (word.startsWith('@') ? groups.has(word.slice(1)) : word === username))
    known.set(audience, isIn)
    return isIn
  }
}
