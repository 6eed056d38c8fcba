/** What the programs exit with. One that a signal has cut short exits with 128 and the number of the signal. */
export const EXIT = {
  ok: 0,
  failure: 1,
  usage: 2,
  authentication: 3,
  notFound: 4,
  integrity: 5,
  network: 6,
} as const
