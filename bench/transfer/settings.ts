/** What can be set from outside, with what it is otherwise. */
const quick = process.env.QUICK === '1'

const set = (name: string, usual: number, whenQuick: number): number =>
  Number(process.env[name] ?? (quick ? whenQuick : usual))

/** Where files are kept: in memory, so that the disk is not what is measured. */
export const PARENT = process.env.BENCH_DIR ?? '/dev/shm'
/** How often each is measured; medians are told. */
export const ROUNDS = set('ROUNDS', 7, 3)
/** Of the large file. */
export const SIZE_MIB = set('SIZE_MIB', 1024, 256)
/** Of the largest file in the measurement of memory. */
export const MEMORY_MIB = set('MEMORY_MIB', 10_240, 1024)
export const SMALL_FILES = set('SMALL_FILES', 2000, 500)
/** Of the file that three slow sources deliver. */
export const SLOW_MIB = set('SLOW_MIB', 512, 128)
