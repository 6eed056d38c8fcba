import { completion } from './completion.js'
import { doctor } from './doctor.js'
import { forget } from './forget.js'
import { get } from './get.js'
import { list } from './list.js'
import { login } from './login.js'
import { logout } from './logout.js'
import { peers } from './peers.js'
import { publish } from './publish.js'
import { search } from './search.js'
import { serve } from './serve.js'
import { share } from './share.js'
import { shell } from './shell.js'
import { unpublish } from './unpublish.js'
import type { PeerWord, Word } from './word.js'

/** All words of `bittrickle`, in the order of the help. A new one gets a file of its own, and a place here. */
export const WORDS: readonly Word[] = [
  get,
  search,
  peers,
  publish,
  unpublish,
  list,
  share,
  serve,
  shell,
  login,
  logout,
  forget,
  doctor,
  completion,
]

/** The words of the shell. */
export const SHELL_WORDS: readonly PeerWord[] = WORDS.filter(
  (word) => word.kind === 'peer' && word.onlyAlone !== true,
) as PeerWord[]

/** The word of the shell that goes by a name. */
export function findShellWord(name: string): PeerWord | undefined {
  return SHELL_WORDS.find((word) => word.name === name || word.aliases?.includes(name) === true)
}
