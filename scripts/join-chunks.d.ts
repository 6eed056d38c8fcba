/** Which of the built files others name; without their ".js". */
export interface BuiltFiles {
  /** Loaded by apps and by the programs: what they share is one file. */
  readonly entries: readonly string[]
  /** Started as threads. */
  readonly threads: readonly string[]
}

/** Replaces the built files of a folder, and their source maps, by fewer ones. */
export function joinChunks(folder: string, files: BuiltFiles): Promise<void>
