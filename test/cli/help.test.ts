import { stripVTControlCharacters } from 'node:util'
import type { Command } from 'commander'
import { expect, it } from 'vitest'
import { peerProgram } from '../../src/cli/bittrickle.js'
import { SETTINGS } from '../../src/cli/config/settings.js'
import { WORDS } from '../../src/cli/words/index.js'

/** All that --help prints. */
function helpOf(command: Command): string {
  let text = ''
  command.configureOutput({
    writeOut: (more) => {
      text += more
    },
    getOutHelpWidth: () => 100,
  })
  command.outputHelp()
  return stripVTControlCharacters(text)
}

it('the program tells what it is, its words in groups, every setting, examples, exit codes and files', () => {
  const help = helpOf(peerProgram())
  expect(help).toMatch(/^bittrickle - share files with your group, machine to machine\n\nUsage: bittrickle /)
  for (const { name, aliases = [], group } of WORDS) {
    expect(help).toContain(`\n${group}\n`)
    expect(help).toContain(`\n  ${[name, ...aliases].join(', ')} `)
  }
  expect(help.indexOf('Files of others:')).toBeLessThan(help.indexOf('\nOptions:'))
  for (const { flags, variable } of Object.values(SETTINGS)) {
    expect(help).toContain(`  ${flags}`)
    expect(help.replace(/\s+/g, ' ')).toContain(`env: ${variable}`)
  }
  expect(help).toMatch(/\nExamples:\n {2}bittrickle [\s\S]*\nExit codes:\n {2}0 [\s\S]*\nFiles:\n/)
  expect(help).toContain('(default: unlimited,')
})

it.each(WORDS.map(({ name }) => name))('%s has a page of its own', (name) => {
  const command = peerProgram().commands.find((each) => each.name() === name) as Command
  const help = helpOf(command)
  expect(help).toMatch(new RegExp(`^bittrickle-${name} - .*\n\nUsage: bittrickle ${name}`))
  expect(help).toMatch(/\nGlobal Options:\n[\s\S]*\nExamples:\n[\s\S]*\nExit codes:\n/)
  for (const option of command.options) expect(help).toContain(option.flags)
})

it('the program can be looked at without being run', async () => {
  const program = peerProgram()
  await program.parseAsync(['search', 'x', '--json', '--ext', 'mp4'], { from: 'user' })
  expect(program.opts()).toMatchObject({ json: true })
})
