import { InvalidArgumentError } from 'commander'

/** Reads a text that must not be empty. */
export function text(needs: string): (value: string) => string {
  return (value) => {
    if (value === '') throw new InvalidArgumentError(`It must be ${needs}.`)
    return value
  }
}

/** Collects what is given again and again. */
export function texts(needs: string): (value: string, before: unknown) => string[] {
  const one = text(needs)
  return (value, before) => [...((before as string[] | undefined) ?? []), one(value)]
}

/** Users and @groups with commas between them, and again and again. */
export function audience(value: string, before: unknown): string[] {
  const names = value.split(',').filter((name) => name !== '')
  if (names.length === 0) throw new InvalidArgumentError('It must be a user or a @group.')
  return [...((before as string[] | undefined) ?? []), ...names]
}

/** "10M" as bytes, by 1,024 as sizes are shown; undefined for what is none. */
export function parseSize(value: string): number | undefined {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)([KMGT]?)(?:i?B)?$/iu.exec(value) ?? []
  if (number === undefined) return undefined
  return Math.round(Number(number) * 1024 ** (unit === '' ? 0 : 'KMGT'.indexOf(unit.toUpperCase()) + 1))
}

/** Reads a size. */
export function size(value: string): number {
  const bytes = parseSize(value)
  if (bytes === undefined) throw new InvalidArgumentError('It must be a size, such as 10M.')
  return bytes
}

const AGES: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
}

/** Reads an age, "7d", as milliseconds. */
export function age(value: string): number {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)([smhdw])$/u.exec(value) ?? []
  const ms = Math.round(Number(number) * (AGES[unit] ?? Number.NaN))
  // None that ends before 1970.
  if (Number.isNaN(ms) || ms > Date.now()) {
    throw new InvalidArgumentError('It must be an age, such as 7d; there are s, m, h, d and w.')
  }
  return ms
}

/** Reads one of some words. */
export function oneOf<T extends string>(...words: readonly T[]): (value: string) => T {
  return (value) => {
    const word = words.find((each) => each === value)
    if (word === undefined) throw new InvalidArgumentError(`It must be one of ${words.join(', ')}.`)
    return word
  }
}
