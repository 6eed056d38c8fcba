import { printable } from '../text.js'
import { forEach } from './several.js'
import type { PeerWord } from './word.js'

/** `unpublish`, or `unp` as the original has it. */
export const unpublish: PeerWord = {
  kind: 'peer',
  name: 'unpublish',
  aliases: ['unp'],
  group: 'Your files:',
  summary: 'publish files no longer; with a "/" behind it, a name is a folder',
  notes: ['The files stay where they are. Downloads that run go on.'],
  args: [{ syntax: '<name...>', about: 'as "list" shows it; "./" is all that you publish' }],
  examples: [
    ['report.pdf', 'one file'],
    ['photos/', 'all below photos'],
  ],
  share: 'leave',
  quick: true,
  offers: 'published',
  run(context, { args }) {
    return forEach(context, args, 1, async (name) => {
      // It would come back.
      await context.shared.get(name)?.close()
      await context.peer.unpublish(name)
      context.output.result(`Unpublished ${printable(name)}`, { name })
    })
  },
}
