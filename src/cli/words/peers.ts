import { printable } from '../text.js'
import type { PeerWord } from './word.js'

/** `peers`, or `lap` as the original has it. */
export const peers: PeerWord = {
  kind: 'peer',
  name: 'peers',
  aliases: ['lap'],
  group: 'Files of others:',
  summary: 'list the other peers that are active',
  examples: [['', 'who else is there']],
  share: 'leave',
  quick: true,
  async run({ peer, output }) {
    const active = await peer.peers()
    output.list({
      heading: ['active peer', 'active peers', 'No active peers'],
      columns: [{ title: 'NAME', shrinks: true }],
      rows: active.map(({ username }) => ({ cells: [printable(username)], record: { username } })),
      plain: 0,
    })
    return 0
  },
}
