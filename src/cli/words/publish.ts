import type { HashProgress, Publication } from '../../index.js'
import { counted, printable } from '../text.js'
import { findPath } from './find-path.js'
import { audience } from './read.js'
import { serving } from './serve.js'
import { forEach } from './several.js'
import type { PeerWord, WordContext } from './word.js'

/** `publish`, or `pub` as the original has it. */
export const publish: PeerWord = {
  kind: 'peer',
  name: 'publish',
  aliases: ['pub'],
  group: 'Your files:',
  summary: 'publish files of the share folder, or all of a folder',
  notes: [
    'The index knows of it from then on, but the bytes come from your machine: others can fetch it while ' +
      '"bittrickle serve", a shell, or "bittrickle share" of yours runs with the same share folder. --serve stays and ' +
      'does that.',
    'A path is one in the share folder or, where there is none, in the working folder. To publish a name again ' +
      'without --to opens it to everybody.',
  ],
  args: [{ syntax: '<path...>', about: 'a file or a folder inside the share folder' }],
  options: [
    { flags: '--to <users>', about: 'only for these users and @groups; may be given again', read: audience },
    { flags: '--serve', about: 'stay, and serve what is published until a signal comes' },
  ],
  examples: [
    ['report.pdf', 'for everybody'],
    ['drafts/ --to alice,@design', 'a folder, for some alone'],
    ['talks --serve', 'and stay'],
  ],
  share: 'serve',
  offers: 'files',
  async run(context, { args, options }) {
    const { to, serve = false } = options as { to?: readonly string[]; serve?: boolean }
    // Hashing is what takes the time, and the disk is read best one file after the other.
    let published = 0
    const code = await forEach(context, args, 1, async (path, id) => {
      const { name, files } = await publishOne(context, path, id, to)
      published += 1
      const what = files === undefined ? '' : `: ${counted(files.length, 'file', 'files')}`
      context.output.result(`Published ${printable(name)}${what}`, {
        name,
        ...(files === undefined ? {} : { files: files.length }),
        ...(to === undefined ? {} : { to }),
      })
    })
    if (serve) await serving(context)
    else if (published > 0)
      context.noteAlone('It can be fetched while "bittrickle serve", a shell or "bittrickle share" runs.')
    return code
  },
}

async function publishOne(
  context: WordContext,
  path: string,
  id: number,
  to: readonly string[] | undefined,
): Promise<Publication> {
  const { peer, output, signal } = context
  const onProgress = ({ hashed, size }: HashProgress): void =>
    output.progress(id, { name: path, transferred: hashed, size })
  try {
    const found = await findPath(context, path)
    return await peer.publish(found, { ...(to === undefined ? {} : { to }), signal, onProgress })
  } finally {
    output.progressEnd(id)
  }
}
