import { identifier, quoted } from './quote.js'
import { type CompletedCommand, placeOf, stepsOf, type Values } from './words.js'

/** The script that completes a program in bash, 3.2 or newer. */
export function bashScript(name: string, commands: readonly CompletedCommand[]): string {
  const call = identifier(name)
  return `# Completion of ${name} for bash. Put it into ~/.bashrc: source <(${name} completion bash)
${call}() {
  local at='' words='' options='' skip='' word i
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}"
  # Readline splits --option=value in three.
  if [[ $cur == '=' ]]; then cur=''; elif [[ $prev == '=' ]]; then prev="\${COMP_WORDS[COMP_CWORD-2]}"; fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    if [[ $word == '=' ]]; then continue; fi
    if [[ -n $skip ]]; then skip=''; continue; fi
    case "$at $word" in
${commands.flatMap(walkCases).join('\n')}
    esac
  done
  ${call}_at "$at"
  COMPREPLY=()
  if [[ -n $skip ]]; then
    case "$at $prev" in
${commands.flatMap(valueCases).join('\n')}
    esac
    return
  fi
  if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W "$options" -- "$cur")); return; fi
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
  case "$at" in
${commands.flatMap(argumentCase).join('\n')}
  esac
}
${call}_at() {
  words='' options=''
  case "$1" in
${commands.map(tableCase).join('\n')}
  esac
}
complete -F ${call} ${name}
`
}

const walkCases = (command: CompletedCommand): string[] =>
  stepsOf(command).map(({ from, to }) => {
    const then = to === undefined ? 'skip=yes' : `at=${quoted(to)}`
    return `      ${from.map(quoted).join('|')}) ${then} ;;`
  })

function tableCase(command: CompletedCommand): string {
  const words = command.commands.map(({ name }) => name)
  const options = command.options.flatMap(({ flags }) => flags)
  return `    ${quoted(placeOf(command))}) words=${quoted(words.join(' '))} options=${quoted(options.join(' '))} ;;`
}

function valueCases(command: CompletedCommand): string[] {
  return command.options.flatMap(({ flags, values }) => {
    if (values === undefined || values === 'anything') return []
    const patterns = flags.map((flag) => quoted(`${placeOf(command)} ${flag}`)).join('|')
    return [`      ${patterns}) ${reply(values)} ;;`]
  })
}

function argumentCase(command: CompletedCommand): string[] {
  if (command.values === 'anything') return []
  return [`    ${quoted(placeOf(command))}) ${reply(command.values, 'COMPREPLY+=')} ;;`]
}

function reply(values: Values, assign = 'COMPREPLY='): string {
  if (values === 'files' || values === 'folders') {
    const kind = values === 'files' ? '-f' : '-d'
    // A name with white space in it is one line.
    return `local IFS=$'\\n'; compopt -o filenames 2>/dev/null; ${assign}($(compgen ${kind} -- "$cur"))`
  }
  return `${assign}($(compgen -W ${quoted(values === 'anything' ? '' : values.join(' '))} -- "$cur"))`
}
