/** The end of a promise that somebody waits for. */
export interface Waiter {
  readonly resolve: () => void
  readonly reject: (reason: Error) => void
}

/** A promise with its end, as `Promise.withResolvers` makes it from Node.js 22 on. */
export function withResolvers(): Waiter & { readonly promise: Promise<void> } {
  let waiter: Waiter | undefined
  const promise = new Promise<void>((resolve, reject) => {
    waiter = { resolve, reject }
  })
  return { promise, resolve: () => waiter?.resolve(), reject: (error) => waiter?.reject(error) }
}
