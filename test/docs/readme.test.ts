import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const root = fileURLToPath(new URL('../../', import.meta.url))

it('the example of the README has ten lines and does what it says', async () => {
  const readme = await readFile(join(root, 'README.md'), 'utf8')
  const code = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? ''
  expect(
    code
      .trim()
      .split('\n')
      .filter((line) => line !== '').length,
  ).toBeLessThanOrEqual(11)

  // It names relative paths: it runs where there are such.
  const folder = await mkdtemp(join(tmpdir(), 'bittrickle-readme-'))
  await mkdir(join(folder, 'docs'))
  await writeFile(join(folder, 'docs', 'getting-started.md'), '# Getting started\n')
  await writeFile(join(folder, 'credentials.txt'), 'hans falcon*solo\nyoda wise@!man\n')
  const printed: string[] = []
  const module = join(root, 'test', 'docs', `.readme-example-${process.pid}.ts`)
  const inFolder = code.replace(/'(docs|inbox|credentials\.txt)'/g, (_all, path) =>
    JSON.stringify(join(folder, path)),
  )
  const [imports = ''] = /^import .*$/m.exec(inFolder) ?? []
  const body = inFolder.replace(imports, '')
  await writeFile(
    module,
    `${imports}\nexport async function run(console: { log(line: string): void }) {${body}}\n`,
  )
  try {
    const { run } = await import(module)
    await run({ log: (line: string) => printed.push(line) })
  } finally {
    await rm(module)
    await rm(folder, { recursive: true })
  }
  expect(printed).toEqual(['getting-started.md', join(folder, 'inbox', 'getting-started.md')])
})

it('the two commands of the README are scripts of the package', async () => {
  const readme = await readFile(join(root, 'README.md'), 'utf8')
  const { scripts } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
  expect(readme).toContain('\nnpm ci && npm start\n')
  expect(readme).toContain('\nnpm ci && npm test\n')
  expect(scripts).toMatchObject({ start: expect.any(String), test: expect.any(String) })
})
