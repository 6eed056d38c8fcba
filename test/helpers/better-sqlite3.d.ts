// What the tests use of it; the package has no types of its own.
declare module 'better-sqlite3' {
  interface Statement {
    pluck(): Statement
    all(): unknown[]
  }
  class Database {
    constructor(path: string)
    exec(text: string): this
    pragma(text: string, options?: { readonly simple: boolean }): unknown
    prepare(text: string): Statement
    close(): void
  }
  export default Database
}
