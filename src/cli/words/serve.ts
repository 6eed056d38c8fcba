import { counted } from '../text.js'
import type { PeerWord, WordContext } from './word.js'

/** `serve`: a peer that is there for the others. */
export const serve: PeerWord = {
  kind: 'peer',
  name: 'serve',
  group: 'Your files:',
  summary: 'stay online, and serve all that you publish until a signal comes',
  notes: [
    'What was published in earlier runs is served, as far as its files are still in the share folder. It finds the index ' +
      'again after an outage.',
  ],
  examples: [
    ['--share ~/shared', 'what you have published of ~/shared'],
    ['--share ~/shared --upload-rate 2M', 'and leave some of the line to others'],
  ],
  share: 'serve',
  onlyAlone: true,
  stays: true,
  async run(context) {
    await serving(context)
    return 0
  },
}

/** Serves what is published for as long as the program runs. */
export async function serving(context: WordContext): Promise<void> {
  const { peer, output } = context
  const published = await peer.published()
  const served = published.filter(({ path }) => path !== undefined).length
  output.result(`Serving ${counted(served, 'file', 'files')}`, { event: 'serving', files: served })
  await context.stay()
}
