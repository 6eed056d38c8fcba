import type { ProgramWord } from './word.js'

/** `forget`: an index that was set up anew. */
export const forget: ProgramWord = {
  kind: 'program',
  name: 'forget',
  group: 'The program:',
  summary: 'forget the key of an index that was set up anew',
  notes: [
    'The next key that it shows is trusted. Ask its operator before: somebody may stand between you and it.',
  ],
  args: [{ syntax: '<server>', about: 'HOST:PORT, or HOST where the port is 5331' }],
  examples: [['index.example:5331', 'trust the next key of it']],
  async run(settings, { args: [server = ''] }) {
    const [{ BitTrickleError, KnownServers }, { makeOutput }, { printable }] = await Promise.all([
      import('../../index.js'),
      import('../output/make-output.js'),
      import('../text.js'),
    ])
    const known = new KnownServers(settings.state)
    // The port may be left out where the program itself would fill it in.
    for (const name of [server, `${server}:5331`]) {
      if (!(await known.forget(name))) continue
      const text = `Forgot the key of ${printable(name)}; the next one it shows will be trusted.`
      makeOutput(settings).result(text, { server: name })
      return 0
    }
    const names = (await known.list()).map((one) => one.server)
    const hint = names.length === 0 ? 'None is known.' : `Known are: ${names.join(', ')}.`
    throw new BitTrickleError('NOT_FOUND', `The key of ${JSON.stringify(server)} is not known. ${hint}`)
  },
}
