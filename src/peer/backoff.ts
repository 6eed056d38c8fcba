const FIRST_DELAY = 500
const LONGEST_DELAY = 30_000

/**
 * How long to wait before the given try, from 1 on, in milliseconds: somewhere between nothing and a bound that
 * doubles each time ("full jitter"), so that all the peers of an index that restarts do not come back in one instant.
 */
export function reconnectDelay(attempt: number, random: () => number): number {
  const bound = Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** Math.min(attempt, 16))
  return Math.round(FIRST_DELAY / 2 + random() * (bound - FIRST_DELAY / 2))
}
