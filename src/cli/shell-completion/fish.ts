import { identifier } from './quote.js'
import type { CompletedCommand, Values } from './words.js'

/** The script that completes a program in fish. */
export function fishScript(name: string, commands: readonly CompletedCommand[]): string {
  const call = identifier(name)
  return `# Completion of ${name} for fish. Put it into ~/.config/fish/completions/${name}.fish
function ${call}_at
  set -l at ''
  set -l skip ''
  for word in (commandline -opc)[2..-1]
    if test -n "$skip"
      set skip ''
      continue
    end
    switch "$at $word"
${commands.flatMap((command) => walkCases(command)).join('\n')}
    end
  end
  test "$at" = "$argv[1]"
end
complete -c ${name} -f
${commands.flatMap((command) => linesOf(name, call, command)).join('\n')}
`
}

const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`

const pathOf = ({ path }: CompletedCommand): string => path.map((word) => `/${word}`).join('')

function walkCases(command: CompletedCommand): string[] {
  const at = pathOf(command)
  const valued = command.options.flatMap(({ flags, values }) => (values === undefined ? [] : flags))
  const lines = command.commands.map(
    ({ name }) => `      case ${quoted(`${at} ${name}`)}\n        set at ${quoted(`${at}/${name}`)}`,
  )
  if (valued.length > 0) {
    lines.push(`      case ${valued.map((flag) => quoted(`${at} ${flag}`)).join(' ')}\n        set skip yes`)
  }
  return lines
}

function linesOf(name: string, call: string, command: CompletedCommand): string[] {
  const here = `complete -c ${name} -n ${quoted(`${call}_at ${quoted(pathOf(command))}`)}`
  const commands = command.commands.map(
    (each) => `${here} -a ${quoted(each.name)} -d ${quoted(each.description)}`,
  )
  const options = command.options.map(({ flags, description, values }) => {
    const names = flags.map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`))
    const value = values === undefined ? '' : ` ${take(values)}`
    return `${here} ${names.join(' ')}${value} -d ${quoted(description)}`
  })
  const isOwn = command.values !== 'anything'
  const values = isOwn ? [`${here} ${take(command.values).replace(/^-[rx] /, '')}`] : []
  return [...commands, ...options, ...values]
}

function take(values: Values): string {
  if (values === 'files') return '-r -F'
  if (values === 'folders') return `-x -a ${quoted('(__fish_complete_directories)')}`
  return values === 'anything' ? '-x' : `-x -a ${quoted(values.join(' '))}`
}
