import { execFile } from 'node:child_process'
import { mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

export const run = promisify(execFile)
export const root = fileURLToPath(new URL('../../', import.meta.url))

/** An empty project, as a user has it, into which the package is installed from its tarball. */
export class Project implements AsyncDisposable {
  readonly folder: string

  private constructor(folder: string) {
    this.folder = folder
  }

  /** @param flags - of npm: what is left out */
  static async create(...flags: string[]): Promise<Project> {
    const project = new Project(await mkdtemp(join(tmpdir(), 'bittrickle-package-')))
    const { folder } = project
    await run('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], { cwd: root })
    const tarball = (await readdir(folder)).find((name) => name.endsWith('.tgz')) ?? ''
    await project.write('package.json', '{ "name": "app", "private": true, "type": "module" }')
    await project.npm('install', '--omit=dev', ...flags, `./${tarball}`)
    return project
  }

  path(...parts: string[]): string {
    return join(this.folder, ...parts)
  }

  async write(name: string, text: string): Promise<void> {
    await writeFile(this.path(name), text)
  }

  async npm(...args: string[]): Promise<void> {
    await run('npm', [...args, '--no-audit', '--no-fund'], { cwd: this.folder })
  }

  /** Puts a package of ours there as it is, compiled parts and all. */
  async link(name: string): Promise<void> {
    await symlink(join(root, 'node_modules', name), this.path('node_modules', name))
  }

  /** What a script writes to stdout, run by this Node.js or another. */
  async node(args: readonly string[], node = process.execPath): Promise<string> {
    const { stdout } = await run(node, [...args], { cwd: this.folder })
    return stdout
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true })
  }
}
