import { identifier, quoted } from './quote.js'
import type { CompletedCommand, Values } from './words.js'

/** The script that completes a program in zsh. */
export function zshScript(name: string, commands: readonly CompletedCommand[]): string {
  const call = identifier(name)
  return `#compdef ${name}
# Completion of ${name} for zsh. Put it into a folder of $fpath as _${name}, or into ~/.zshrc, behind compinit:
#   source <(${name} completion zsh)
${call}() {
  local at='' skip='' word i prev="\${words[CURRENT-1]}"
  local -a names options valued commands
  ${call}_at ''
  for ((i = 2; i < CURRENT; i++)); do
    word="\${words[i]}"
    if [[ -n $skip ]]; then skip=''; continue; fi
    if (( \${valued[(Ie)$word]} )); then skip=yes; continue; fi
    if (( \${names[(Ie)$word]} )); then at="$at/$word"; ${call}_at "$at"; fi
  done
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
  names=() options=() valued=() commands=()
  case "$1" in
${commands.map(tableCase).join('\n')}
  esac
}
compdef ${call} ${name}
`
}

const pathOf = ({ path }: CompletedCommand): string => path.map((word) => `/${word}`).join('')

// A colon ends the name.
const described = (name: string, description: string): string =>
  quoted(`${name.replaceAll(':', '\\:')}:${description}`)

function tableCase(command: CompletedCommand): string {
  const names = command.commands.map(({ name }) => quoted(name))
  const commands = command.commands.map(({ name, description }) => described(name, description))
  const options = command.options.flatMap(({ flags, description }) =>
    flags.map((flag) => described(flag, description)),
  )
  const valued = command.options.flatMap(({ flags, values }) =>
    values === undefined ? [] : flags.map(quoted),
  )
  const set = (variable: string, values: readonly string[]): string => `${variable}=(${values.join(' ')})`
  return `    ${quoted(pathOf(command))}) ${set('names', names)} ${set('commands', commands)} ${set('options', options)} ${set('valued', valued)} ;;`
}

function valueCases(command: CompletedCommand): string[] {
  return command.options.flatMap(({ flags, values }) => {
    if (values === undefined || values === 'anything') return []
    const patterns = flags.map((flag) => quoted(`${pathOf(command)} ${flag}`)).join('|')
    return [`      ${patterns}) ${add(values)} ;;`]
  })
}

function argumentCase(command: CompletedCommand): string[] {
  return command.values === 'anything' ? [] : [`    ${quoted(pathOf(command))}) ${add(command.values)} ;;`]
}

function add(values: Values): string {
  if (values === 'files') return '_files'
  if (values === 'folders') return '_files -/'
  return values === 'anything' ? ':' : `compadd -- ${values.map(quoted).join(' ')}`
}
