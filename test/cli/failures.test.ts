import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CommanderError } from 'commander'
import { expect, it } from 'vitest'
import { describeError, failureText, toFailure } from '../../src/cli/failures.js'
import { BitTrickleError } from '../../src/index.js'

const plain = { dim: (text: string) => text }

it('a failure says what happened, and what to do next where the message does not', () => {
  const failure = toFailure(new BitTrickleError('OUTSIDE_SHARE', '"x" is not inside.'), false)
  expect(failure).toEqual({
    code: 'OUTSIDE_SHARE',
    message: '"x" is not inside.',
    hint: 'Put it into the share folder, or name another one: --share FOLDER.',
    exitCode: 2,
  })
  expect(failureText(failure, plain)).toBe(
    '"x" is not inside.\nPut it into the share folder, or name another one: --share FOLDER.',
  )
})

it('how long to wait is told', () => {
  const error = new BitTrickleError('RATE_LIMITED', 'Too many.', { retryAfter: 2100 })
  expect(toFailure(error, false).hint).toBe('Try again in 3 s.')
  expect(toFailure(new BitTrickleError('RATE_LIMITED', 'Too many.'), false)).not.toHaveProperty('hint')
})

it('where it happened is told to who asks for it alone', () => {
  const error = new BitTrickleError('NOT_FOUND', 'Nothing.')
  expect(toFailure(error, false)).not.toHaveProperty('stack')
  expect(failureText(toFailure(error, true), plain)).toMatch(/NOT_FOUND|failures\.test/)
  expect(describeError(error, true)).toContain('failures.test')
})

it('wrong words are a sentence', () => {
  const error = new CommanderError(1, 'x', "error: unknown option '--lng'\n(Did you mean --long?)")
  expect(toFailure(error, false)).toMatchObject({
    code: 'INVALID_OPTION',
    message: "Unknown option '--lng' (Did you mean --long?)",
    exitCode: 2,
  })
})

it('what the system says is a sentence that names what it is about', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bittrickle-failures-'))
  try {
    const missing = await readFile(join(folder, 'none')).catch((error: unknown) => error)
    expect(describeError(missing, false)).toBe(
      `There is no such file or folder: ${join(folder, 'none')} (ENOENT).`,
    )
    expect(describeError(await readFile(folder).catch((error: unknown) => error), false)).toBe(
      'It is a folder (EISDIR).',
    )
  } finally {
    await rm(folder, { recursive: true })
  }
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as { port: number }
  const second = createServer()
  const taken = await new Promise((resolve) => second.once('error', resolve).listen(port, '127.0.0.1'))
  expect(describeError(taken, false)).toBe(
    `Another program has the port; choose another one: 127.0.0.1:${port} (EADDRINUSE).`,
  )
  await new Promise((resolve) => server.close(resolve))
  const full = Object.assign(new Error('no space'), { code: 'ENOSPC', path: 'a\nb' })
  expect(describeError(full, false)).toBe('The disk is full: a\\u000ab (ENOSPC).')
})

it('a bug is said to be one', () => {
  expect(describeError(new TypeError('x is undefined'), false)).toBe(
    'Unexpected failure: x is undefined (--debug shows where)',
  )
  expect(toFailure('text', false)).toMatchObject({ code: 'INTERNAL', exitCode: 1 })
})
