import { identifier } from './quote.js'
import { type CompletedCommand, placeOf, stepsOf, type Values } from './words.js'

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
${commands.flatMap(walkCases).join('\n')}
    end
  end
  test "$at" = "$argv[1]"
end
complete -c ${name} -f
${commands.flatMap((command) => linesOf(name, call, command)).join('\n')}
`
}

const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`

const walkCases = (command: CompletedCommand): string[] =>
  stepsOf(command).map(({ from, to }) => {
    const then = to === undefined ? 'set skip yes' : `set at ${quoted(to)}`
    return `      case ${from.map(quoted).join(' ')}\n        ${then}`
  })

function linesOf(name: string, call: string, command: CompletedCommand): string[] {
  const here = `complete -c ${name} -n ${quoted(`${call}_at ${quoted(placeOf(command))}`)}`
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
