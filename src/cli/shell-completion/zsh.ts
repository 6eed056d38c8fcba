import { identifier, quoted } from './quote.js'
import { type CompletedCommand, placeOf, stepsOf, type Values } from './words.js'

/** The script that completes a program in zsh. */
export function zshScript(name: string, commands: readonly CompletedCommand[]): string {
  const call = identifier(name)
  return `#compdef ${name}
# Completion of ${name} for zsh. Put it into a folder of $fpath as _${name}, or into ~/.zshrc, behind compinit:
#   source <(${name} completion zsh)
${call}() {
  local at='' skip='' word i prev="\${words[CURRENT-1]}"
  local -a options commands
  for ((i = 2; i < CURRENT; i++)); do
    word="\${words[i]}"
    if [[ -n $skip ]]; then skip=''; continue; fi
    case "$at $word" in
${commands.flatMap(walkCases).join('\n')}
    esac
  done
  ${call}_at "$at"
  if [[ -n $skip ]]; then
    case "$at $prev" in
${commands.flatMap(valueCases).join('\n')}
    esac
    return
  fi
  if [[ "\${words[CURRENT]}" == -* ]]; then _describe -o option options; return; fi
  (( \${#commands} )) && _describe command commands
  case "$at" in
${commands.flatMap(argumentCase).join('\n')}
  esac
}
${call}_at() {
  options=() commands=()
  case "$1" in
${commands.map(tableCase).join('\n')}
  esac
}
# Out of $fpath it is loaded when it is first needed, and has to answer at once.
if [[ "\${funcstack[1]}" == ${quoted(`_${name}`)} ]]; then ${call}; else compdef ${call} ${name}; fi
`
}

// A colon ends the name.
const described = (name: string, description: string): string =>
  quoted(`${name.replaceAll(':', '\\:')}:${description}`)

const walkCases = (command: CompletedCommand): string[] =>
  stepsOf(command).map(({ from, to }) => {
    const then = to === undefined ? 'skip=yes' : `at=${quoted(to)}`
    return `      ${from.map(quoted).join('|')}) ${then} ;;`
  })

function tableCase(command: CompletedCommand): string {
  const commands = command.commands.map(({ name, description }) => described(name, description))
  const options = command.options.flatMap(({ flags, description }) =>
    flags.map((flag) => described(flag, description)),
  )
  const set = (variable: string, values: readonly string[]): string => `${variable}=(${values.join(' ')})`
  return `    ${quoted(placeOf(command))}) ${set('commands', commands)} ${set('options', options)} ;;`
}

function valueCases(command: CompletedCommand): string[] {
  return command.options.flatMap(({ flags, values }) => {
    if (values === undefined || values === 'anything') return []
    const patterns = flags.map((flag) => quoted(`${placeOf(command)} ${flag}`)).join('|')
    return [`      ${patterns}) ${add(values)} ;;`]
  })
}

function argumentCase(command: CompletedCommand): string[] {
  return command.values === 'anything' ? [] : [`    ${quoted(placeOf(command))}) ${add(command.values)} ;;`]
}

function add(values: Values): string {
  if (values === 'files') return '_files'
  if (values === 'folders') return '_files -/'
  return values === 'anything' ? ':' : `compadd -- ${values.map(quoted).join(' ')}`
}
