import { printable } from '../text.js'
import { findPath } from './find-path.js'
import { audience, texts } from './read.js'
import type { PeerWord } from './word.js'

/** `share`: a folder that is followed. */
export const share: PeerWord = {
  kind: 'peer',
  name: 'share',
  group: 'Your files:',
  summary: 'publish a folder, and follow what changes in it',
  notes: [
    'What comes, changes, moves and goes in the folder is published, published anew and unpublished, until the program ' +
      'or the shell ends. What is published then stays so.',
  ],
  args: [{ syntax: '[folder]', about: 'inside the share folder; all of that where none is named' }],
  options: [
    {
      flags: '--ignore <glob>',
      about: 'leave out what fits the pattern; may be given again',
      read: texts('a pattern'),
    },
    { flags: '--to <users>', about: 'only for these users and @groups; may be given again', read: audience },
  ],
  examples: [
    ['photos --ignore "*.xmp"', 'all photos but what a program writes beside them'],
    ['--to @design', 'all of the share folder, for a group'],
  ],
  share: 'serve',
  stays: true,
  offers: 'folders',
  async run(context, { args, options }) {
    const { peer, output, signal, shared: all } = context
    const folder = await findPath(context, args[0] ?? '.')
    const shared = await peer.share(folder, { ...options, signal })
    const name = shared.name
    output.result(`Sharing ${printable(name)}`, { event: 'sharing', name })
    const tell = context.isShell ? output.note.bind(output) : output.result.bind(output)
    shared.on('published', ({ name }) => tell(`Published ${printable(name)}`, { event: 'published', name }))
    shared.on('unpublished', (name) => tell(`Unpublished ${printable(name)}`, { event: 'unpublished', name }))
    all.set(name, shared)
    const forget = (): void => {
      all.delete(name)
    }
    shared.done.then(forget, forget)
    await context.stay(shared.done)
    return 0
  },
}
