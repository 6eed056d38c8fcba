import { chmod, type FileHandle, open } from 'node:fs/promises'

/** Does something while every write to an open file fails. */
export async function failingWrites<Result>(code: string, action: () => Promise<Result>): Promise<Result> {
  const handle = await open('/dev/null')
  const prototype = Object.getPrototypeOf(handle) as FileHandle
  await handle.close()
  const { write, writev } = prototype
  const fail = () => Promise.reject(Object.assign(new Error(code), { code }))
  Object.assign(prototype, { write: fail, writev: fail })
  try {
    return await action()
  } finally {
    Object.assign(prototype, { write, writev })
  }
}

/** Does something as a user without rights, where the tests run as one who may do all. */
export async function asNobody<Result>(folder: string, action: () => Promise<Result>): Promise<Result> {
  if (process.geteuid?.() !== 0) return action()
  await chmod(folder, 0o755)
  process.seteuid?.(65_534)
  try {
    return await action()
  } finally {
    process.seteuid?.(0)
  }
}
