import type { Publication } from '../../index.js'
import { printable } from '../text.js'
import type { PeerWord } from './word.js'

/** `list`, or `lpf` as the original has it. */
export const list: PeerWord = {
  kind: 'peer',
  name: 'list',
  aliases: ['lpf'],
  group: 'Your files:',
  summary: 'list the files you publish',
  notes: ['From other machines and earlier runs, too: what is published stays so until it is unpublished.'],
  examples: [['', 'what you publish, and who may see it']],
  share: 'leave',
  quick: true,
  async run({ peer, output }) {
    const published = await peer.published()
    output.list({
      heading: ['file published', 'files published', 'No files published'],
      columns: [
        { title: 'FOR', shrinks: true },
        { title: 'NAME', shrinks: true },
      ],
      rows: published.map((one) => ({ cells: cellsOf(one), record: { name: one.name, to: one.to } })),
      plain: 1,
    })
    return 0
  },
}

const cellsOf = ({ name, to }: Publication): string[] => [
  to === undefined ? 'everybody' : to.map(printable).join(','),
  printable(name),
]
