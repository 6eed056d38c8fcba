import type { Peer, SharedFolder } from '../../index.js'
import type { Settings } from '../config/settings.js'
import type { Output } from '../output/output.js'

/** One of the options of a word. */
export interface WordOption {
  /** As commander reads them: `--from <user>`. */
  readonly flags: string
  readonly about: string
  /** Reads the text behind it; gets what was read before where it may be given again. */
  readonly read?: (text: string, before: unknown) => unknown
  readonly shownDefault?: string
}

/** One of the arguments of a word. */
export interface WordArgument {
  /** As commander reads them: `<name...>`. */
  readonly syntax: string
  readonly about: string
  /** What it can be. */
  readonly choices?: readonly string[]
}

/** What was said behind a word. */
export interface Said {
  readonly args: readonly string[]
  readonly options: Readonly<Record<string, unknown>>
}

/** What is the same for all words: out of it come the command, its help, and its completion. */
interface WordText {
  readonly name: string
  /** Other words for it; the original's are among them. */
  readonly aliases?: readonly string[]
  /** Under which heading the help lists it. */
  readonly group: string
  /** One line. */
  readonly summary: string
  /** What else there is to know, a paragraph each. */
  readonly notes?: readonly string[]
  readonly args?: readonly WordArgument[]
  readonly options?: readonly WordOption[]
  /** What to type behind the word, and what comes of it. */
  readonly examples: readonly (readonly [words: string, about: string])[]
  /** What Tab offers behind it, in the shell. */
  readonly offers?: 'found' | 'published' | 'files' | 'folders'
}

/** What a word acts on. */
export interface WordContext {
  readonly peer: Peer
  readonly output: Output
  readonly shareDir: string
  /** Where other paths begin. */
  readonly cwd: string
  /** Aborted when the user gives the command up. */
  readonly signal: AbortSignal
  /** The folders that are followed, by their names. */
  readonly shared: Map<string, SharedFolder>
  /** Whether it was said in the shell. */
  readonly isShell: boolean
  /** Names seen in the last search, which Tab offers to `get`. */
  found: readonly string[]
  /**
   * The peer stays: in the shell it does so anyway and this returns at once, else it waits until the program is asked
   * to end. A peer that the index has sent away for good, and a promise that rejects, are failures.
   */
  stay(until?: Promise<unknown>): Promise<void>
  /** Tells what is worth knowing where the peer leaves again, and nothing in the shell. */
  noteAlone(text: string): void
}

/** A word of the shell, which also runs alone: a peer logs in, does it, and logs out. */
export interface PeerWord extends WordText {
  readonly kind: 'peer'
  /**
   * What becomes of the share folder: `serve` what is published, also for this word alone; only where it was `named`; or
   * `leave` it alone, since nobody waits for a folder to be looked through in order to search.
   */
  readonly share: 'serve' | 'named' | 'leave'
  /** Whether it makes no sense in the shell. */
  readonly onlyAlone?: boolean
  /** Whether it is of no use to ask another program for it that is logged in already, since it stays. */
  readonly stays?: boolean
  /** Whether it takes no longer than the index does to answer. */
  readonly quick?: boolean
  /** @returns the exit code; 0 where there is none */
  run(context: WordContext, said: Said): Promise<number | undefined>
}

/** A word of the program alone, which logs in by itself or not at all. */
export interface ProgramWord extends WordText {
  readonly kind: 'program'
  /** @returns the exit code; 0 where there is none */
  run(settings: Settings, said: Said): Promise<number | undefined>
}

/** A word of `bittrickle`. */
export type Word = PeerWord | ProgramWord
