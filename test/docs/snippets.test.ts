import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { beforeAll, describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../../', import.meta.url))
const PRELUDE = join(root, 'test', 'docs', 'snippet-prelude.d.ts')

/** A piece of TypeScript that a reader may copy. */
interface Snippet {
  /** File and line, to find it. */
  readonly at: string
  readonly code: string
}

function snippetsIn(path: string, text: string): Snippet[] {
  // Within a comment each line begins with a star.
  const pattern = path.endsWith('.md') ? /^()```ts\n([\s\S]*?)^```/gm : /^( *\* )```ts\n([\s\S]*?)^ *\* ```/gm
  return Array.from(text.matchAll(pattern), ({ index, 1: margin = '', 2: body = '' }) => ({
    at: `${path}:${text.slice(0, index).split('\n').length}`,
    code: body
      .split('\n')
      .map((line) => (line.startsWith(margin) ? line.slice(margin.length) : line.replace(/^ *\*/, '')))
      .join('\n'),
  }))
}

async function findSnippets(): Promise<Snippet[]> {
  const source = await readdir(join(root, 'src'), { recursive: true })
  const docs = await readdir(join(root, 'docs'))
  const paths = [
    'README.md',
    ...docs.filter((name) => name.endsWith('.md')).map((name) => join('docs', name)),
    ...source.filter((name) => /\.(ts|js)$/.test(name)).map((name) => join('src', name)),
  ]
  const found = await Promise.all(
    paths.map(async (path) => snippetsIn(path, await readFile(join(root, path), 'utf8'))),
  )
  return found.flat()
}

/** What the compiler says of each snippet, as a module of its own, by where it is. */
function compile(snippets: readonly Snippet[]): ReadonlyMap<string, readonly string[]> {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile)
  const { options } = ts.convertCompilerOptionsFromJson(
    {
      ...config.compilerOptions,
      paths: { bittrickle: [join(root, 'src', 'index.ts')] },
      // An example shows what one gets, and need not do something with it.
      noUnusedLocals: false,
      noUnusedParameters: false,
    },
    root,
  )
  const texts = new Map(snippets.map(({ code }, index) => [join(root, `snippet-${index}.mts`), code]))
  const host = ts.createCompilerHost(options)
  const { fileExists, getSourceFile, readFile: read } = host
  host.fileExists = (name) => texts.has(name) || fileExists(name)
  host.readFile = (name) => texts.get(name) ?? read(name)
  host.getSourceFile = (name, version, ...rest) => {
    const text = texts.get(name)
    // Without an import it would be no module, and share its names with the others.
    if (text !== undefined) return ts.createSourceFile(name, `${text}\nexport {}\n`, version)
    return getSourceFile(name, version, ...rest)
  }
  const untyped = join(root, 'src', 'channel', 'untyped.d.ts')
  const program = ts.createProgram([...texts.keys(), PRELUDE, untyped], options, host)
  const problems = [...texts.keys()].map((name) => {
    const file = program.getSourceFile(name)
    return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)].map(
      ({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'),
    )
  })
  return new Map(snippets.map(({ at }, index) => [at, problems[index] ?? []]))
}

// What compile() must find wrong in what a comment says.
const MISTAKEN = '/**\n * ```ts\n * peer.gte("x")\n *\n * await peer.get(7).done\n * ```\n */'

describe('the examples in documents and comments', () => {
  const mistaken = snippetsIn('mistaken.ts', MISTAKEN)
  let snippets: readonly Snippet[]
  let problems: ReadonlyMap<string, readonly string[]>
  beforeAll(async () => {
    snippets = await findSnippets()
    problems = compile([...snippets, ...mistaken])
    // As long as the compiler takes for all of the SDK, where it has no core to itself.
  }, 120_000)

  it('compile, each by itself', () => {
    const wrong = snippets.map(({ at }) => [at, problems.get(at)]).filter(([, found]) => found?.length !== 0)
    expect(Object.fromEntries(wrong)).toEqual({})
  })

  it('are found where they are, and a mistake in one is told of', () => {
    expect(snippets.length).toBeGreaterThan(20)
    for (const path of ['README.md', 'docs/getting-started.md', 'src/peer/peer.ts'])
      expect(
        snippets.some(({ at }) => at.startsWith(`${path}:`)),
        path,
      ).toBe(true)
    expect(mistaken).toEqual([{ at: 'mistaken.ts:2', code: 'peer.gte("x")\n\nawait peer.get(7).done\n' }])
    expect(problems.get('mistaken.ts:2')).toEqual([
      expect.stringContaining("'gte' does not exist on type 'Peer'"),
      "Argument of type 'number' is not assignable to parameter of type 'string'.",
    ])
  })

  it('are there for each class and function that is exported', async () => {
    const without: string[] = []
    const index = await readFile(join(root, 'src', 'index.ts'), 'utf8')
    for (const [, file = ''] of index.matchAll(/ from '\.\/(.*)\.js'$/gm)) {
      const text = await readFile(join(root, 'src', `${file}.ts`), 'utf8')
      const declarations =
        /(\/\*\*(?:(?!\*\/)[\s\S])*\*\/\n)?^export (?:class|async function|function) (\w+)/gm
      for (const [, comment = '', name = ''] of text.matchAll(declarations))
        if (new RegExp(`\\b${name}\\b`).test(index) && !comment.includes('@example')) without.push(name)
    }
    expect(without).toEqual([])
  })
})
