interface LockFile {
  readonly packages: Record<string, { readonly optionalDependencies?: Record<string, string> }>
}

export function missingPackages(lock: LockFile): Map<string, { version: string; parent: object }>
