import { readFileSync } from 'node:fs'

// Linux counts in these whatever the kernel was built with.
const TICKS_A_SECOND = 100

/** The most memory that a process had at a time, in bytes, out of its `/proc/PID/status`. */
export function peakMemory(status: string): number {
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) * 1024
}

/** CPU seconds of another process so far. */
export function cpuOf(pid: number): number {
  const [user = 0, system = 0] = cpuFields(pid)
  return (user + system) / TICKS_A_SECOND
}

/** CPU seconds of all processes that this one has started and that have ended. */
export function cpuOfEnded(): number {
  const [, , user = 0, system = 0] = cpuFields('self')
  return (user + system) / TICKS_A_SECOND
}

// proc(5): utime, stime, cutime and cstime are the fields 14 to 17. The name of the program may have spaces in it.
function cpuFields(pid: number | 'self'): number[] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 15)
    .map(Number)
}
