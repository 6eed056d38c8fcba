import { spawnSync } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { EventEmitter } from 'eventemitter3'
import { describe, expect, it } from 'vitest'
import { serverProgram } from '../../src/cli/bittrickle-server.js'
import { IndexMetrics } from '../../src/cli/metrics/index-metrics.js'
import { findSettings, readSettings } from '../../src/cli/serving/read-settings.js'
import type { IndexServer } from '../../src/index.js'

const folder = fileURLToPath(new URL('../../docs/deploy/', import.meta.url))
const read = (name: string): Promise<string> => readFile(join(folder, name), 'utf8')

/** The names of all figures. */
async function figures(): Promise<Set<string>> {
  const stats = { requests: [], datagrams: {}, sessions: 0, channels: 0, publications: 0, waitingWrites: 0 }
  const index = Object.assign(new EventEmitter(), { stats: () => stats })
  const text = await new IndexMetrics(index as unknown as IndexServer).text()
  return new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name = '']) => name))
}

/** What the program makes of arguments, without running. @returns those that it does not know */
function unknownOf(args: readonly string[]): string[] {
  const program = serverProgram()
  const { operands, unknown } = program.parseOptions([...args])
  return [...operands, ...unknown]
}

describe('the unit of systemd', () => {
  it('starts the program with flags that it has, and reloads it by a signal', async () => {
    const unit = await read('bittrickle-server.service')
    const commands = [...unit.matchAll(/^Exec(?:Start|Reload)=(\S+)(.*)$/gm)]
    const own = commands.filter(([, path]) => path === '/usr/local/bin/bittrickle-server')
    expect(own).toHaveLength(2)
    for (const [, , args = ''] of own) expect(unknownOf(args.trim().split(/\s+/))).toEqual([])
    expect(commands.at(-1)?.[0]).toBe('ExecReload=/bin/kill -HUP $MAINPID')
    expect(unknownOf(['--no-such-flag'])).toEqual(['--no-such-flag'])
  })

  it.skipIf(spawnSync('systemd-analyze', ['--version']).status !== 0)(
    'is one to systemd, with its drop-in',
    async () => {
      const place = await mkdtemp(join(tmpdir(), 'bittrickle-unit-'))
      const path = join(place, 'bittrickle-server.service')
      // It looks for the program, which is not where the unit has it.
      const unit = (await read('bittrickle-server.service')).replaceAll(
        '/usr/local/bin/bittrickle-server',
        '/bin/true',
      )
      const verify = async (text: string) => {
        await writeFile(path, text)
        const { stdout, stderr } = spawnSync('systemd-analyze', ['verify', path], { encoding: 'utf8' })
        // Of other units of this machine it has its own to say.
        return `${stdout}${stderr}`.split('\n').filter((line) => line.includes('bittrickle'))
      }
      expect(await verify(`${unit}\n${await read('load-credential.conf')}`)).toEqual([])
      expect(await verify(unit.replace('NoNewPrivileges=yes', 'NoNewPriveleges=yes'))).not.toEqual([])
      await rm(place, { recursive: true })
    },
  )

  it('its drop-in names a variable of the program', async () => {
    const [, name = ''] = /^Environment=(\w+)=/m.exec(await read('load-credential.conf')) ?? []
    const { sources } = await findSettings({}, { [name]: '/x' })
    expect(sources.credentials).toBe(name)
  })
})

it('the configuration file has no fault, and is what the page shows', async () => {
  const text = await read('server.json')
  const settings = await readSettings({ config: join(folder, 'server.json') }, {})
  expect(settings).toMatchObject({ json: true, metrics: { port: 9331 }, limits: { sessions: 2000 } })
  expect(await readFile(join(folder, '..', 'deploy.md'), 'utf8')).toContain(`\`\`\`json\n${text}\`\`\``)
})

it('the Dockerfile runs the program with flags that it has, and asks for its health where it is', async () => {
  const text = await read('Dockerfile')
  const [, list = ''] = /^CMD (\[.*\])$/m.exec(text) ?? []
  const args: string[] = JSON.parse(list)
  expect(unknownOf(args)).toEqual([])
  expect(text).toContain(`'http://${args[args.indexOf('--metrics') + 1]}/healthz'`)
  expect(text.indexOf('USER node')).toBeGreaterThan(text.lastIndexOf('FROM '))
  const copied = [...text.matchAll(/^COPY --from=build \/src\/(\S+)/gm)].map(([, path]) => path)
  expect(copied).toEqual(['package.json', 'bin', 'dist', 'node_modules'])
})

it('alerts ask for figures that there are, and the page names no other', async () => {
  const known = await figures()
  const texts = [await read('alerts.yml'), await readFile(join(folder, '..', 'deploy.md'), 'utf8')]
  const named = texts.flatMap((text) =>
    [...text.matchAll(/\b(?:bittrickle|nodejs|process)_[a-z0-9_]+/g)].map(([name]) =>
      name.replace(/_bucket$/, ''),
    ),
  )
  expect([...new Set(named)].filter((name) => !known.has(name))).toEqual([])
  expect(named.length).toBeGreaterThan(20)
  // And all that are ours stand on the page.
  const own = [...known].filter((name) => name.startsWith('bittrickle_'))
  expect(own.filter((name) => !texts[1]?.includes(name))).toEqual([])
})

it('every file is named by the page', async () => {
  const page = await readFile(join(folder, '..', 'deploy.md'), 'utf8')
  // The second one goes with the first.
  const files = (await readdir(folder)).filter((name) => name !== 'Dockerfile.dockerignore')
  expect(files.filter((name) => !page.includes(`(deploy/${name})`))).toEqual([])
})
