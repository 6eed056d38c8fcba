// What the types of the SDK promise, checked by the compiler: `npm run typecheck` fails when one of these is not so, also
// where an error is expected and does not come.
import type { Readable } from 'node:stream'
import { expectTypeOf } from 'vitest'
import {
  type Address,
  type Authenticate,
  BitTrickleError,
  type CatalogueStore,
  CredentialsFile,
  type DownloadEvents,
  type ErrorCode,
  type GetOptions,
  IndexServer,
  type IndexServerEvents,
  MemoryStore,
  Peer,
  type PeerEvents,
  type PeerOptions,
  type RequestType,
  type SearchOptions,
  type SharedFolderEvents,
  SqliteStore,
  type UploadEvents,
} from '../../src/index.js'
import type { Request } from '../../src/wire/messages.js'

declare const peer: Peer
declare const index: IndexServer

// ---- Options

new Peer({ server: '5331', username: 'hans', password: 'x' })
new Peer({ server: '5331', username: 'hans', password: async () => 'x', uploadSlots: 3, protocol: 'classic' })
// @ts-expect-error -- a peer needs a password
new Peer({ server: '5331', username: 'hans' })
// @ts-expect-error -- the server is a text, a port too
new Peer({ server: 5331, username: 'hans', password: 'x' })
// @ts-expect-error -- there is no such protocol
new Peer({ server: '5331', username: 'hans', password: 'x', protocol: 'plain' })
// @ts-expect-error -- there is no such option: it is uploadSlots
new Peer({ server: '5331', username: 'hans', password: 'x', uploadSlot: 3 })
// @ts-expect-error -- with exactOptionalPropertyTypes, "not said" is to leave it out
new Peer({ server: '5331', username: 'hans', password: 'x', shareDir: undefined })
// @ts-expect-error -- a function for the password is asynchronous
new Peer({ server: '5331', username: 'hans', password: () => 'x' })

new IndexServer()
new IndexServer({ credentials: () => true, heartbeat: { timeout: 5000 }, classic: { allowRemote: false } })
new IndexServer({ credentials: async () => ({ groups: new Set(['design']) }) })
// @ts-expect-error -- a text says nothing about who may log in
new IndexServer({ credentials: () => 'yes' })
// @ts-expect-error -- a port is a number
new IndexServer({ port: '5331' })
// @ts-expect-error -- there is no such limit
new IndexServer({ limits: { maxFun: 3 } })
expectTypeOf<Authenticate>().parameters.toEqualTypeOf<[username: string, password: string]>()

expectTypeOf<PeerOptions>().pick<'server'>().toEqualTypeOf<{ readonly server: string }>()
// Options are read, never written: what an app passes can be frozen.
expectTypeOf<Readonly<PeerOptions>>().toEqualTypeOf<PeerOptions>()
expectTypeOf<Readonly<SearchOptions>>().toEqualTypeOf<SearchOptions>()
expectTypeOf<Readonly<GetOptions>>().toEqualTypeOf<GetOptions>()

peer.search('x', { order: 'newest', minSize: 1, publishedAfter: new Date() })
// @ts-expect-error -- there is no such order
peer.search('x', { order: 'oldest' })
// @ts-expect-error -- an instant is a Date
peer.search('x', { publishedAfter: '2024-01-01' })
// @ts-expect-error -- who may see it is a list
void peer.publish('x', { to: 'hans' })
// @ts-expect-error -- the name is what is asked for
peer.get()
// @ts-expect-error -- a signal, and not its controller
peer.get('x', { signal: new AbortController() })
// @ts-expect-error -- patterns are texts
void peer.share('x', { ignore: /log$/ })

// ---- Events

expectTypeOf<keyof PeerEvents>().toEqualTypeOf<
  'online' | 'offline' | 'reconnecting' | 'upload' | 'download' | 'warning' | 'close'
>()
expectTypeOf<keyof DownloadEvents>().toEqualTypeOf<
  'started' | 'progress' | 'source' | 'queued' | 'sourceLost' | 'verified'
>()
expectTypeOf<keyof UploadEvents>().toEqualTypeOf<'started' | 'progress'>()
expectTypeOf<keyof SharedFolderEvents>().toEqualTypeOf<'published' | 'unpublished' | 'batch' | 'warning'>()
expectTypeOf<IndexServerEvents>().toHaveProperty('login')
expectTypeOf<RequestType>().toEqualTypeOf<Request['type']>()

peer.on('online', ({ username, heartbeat, listener }) => {
  expectTypeOf(username).toBeString()
  expectTypeOf(heartbeat.interval).toBeNumber()
  expectTypeOf(listener).toEqualTypeOf<{ readonly host: string; readonly port: number }>()
})
peer.on('reconnecting', ({ attempt, delay }) => expectTypeOf([attempt, delay]).items.toBeNumber())
peer.on('upload', (upload) => {
  expectTypeOf(upload.receiver.username).toEqualTypeOf<string | undefined>()
  upload.on('progress', ({ transferred, size }) => {
    expectTypeOf(transferred).toBeNumber()
    expectTypeOf(size).toEqualTypeOf<number | undefined>()
  })
})
index.on('login', ({ username, address }) => {
  expectTypeOf(username).toBeString()
  expectTypeOf(address).toEqualTypeOf<Address>()
})
// @ts-expect-error -- there is no such event
peer.on('uplaod', () => {})
// @ts-expect-error -- what has gone is told by its name
void peer.share().then((shared) => shared.on('unpublished', ({ name }) => name))
// @ts-expect-error -- there is no such event of an index
index.on('online', () => {})
// @ts-expect-error -- what an event brings has a shape
peer.emit('warning', 'careful')

// ---- Results

expectTypeOf(peer.login()).resolves.toHaveProperty('username').toBeString()
expectTypeOf(peer.search('x')).toExtend<AsyncIterable<{ readonly name: string; readonly size?: number }>>()
expectTypeOf(peer.get('x').done).resolves.toHaveProperty('path').toBeString()
expectTypeOf(peer.publish('x')).resolves.toHaveProperty('name').toBeString()
expectTypeOf(peer.createReadStream('x', { start: 1, end: 2 })).toEqualTypeOf<Readable>()
expectTypeOf(peer.locate('x')).resolves.toHaveProperty('sources').items.toHaveProperty('port').toBeNumber()
expectTypeOf(index.address).toEqualTypeOf<Address>()
expectTypeOf(new CredentialsFile('x').add('hans', 'x')).resolves.toBeVoid()
expectTypeOf<Peer>().toExtend<AsyncDisposable>()
expectTypeOf<IndexServer>().toExtend<AsyncDisposable>()
expectTypeOf(new MemoryStore()).toExtend<CatalogueStore>()
expectTypeOf(new SqliteStore('x')).toExtend<CatalogueStore>()

void peer.publish('x').then((publication) => {
  // @ts-expect-error -- what is told is not to be written
  publication.name = 'y'
})
// @ts-expect-error -- progress is told, not set
peer.get('x').progress = { transferred: 0 }

// ---- Errors

const error = new BitTrickleError('NOT_FOUND', 'It is not there.')
expectTypeOf(error.code).toEqualTypeOf<ErrorCode>()
expectTypeOf(error.retryAfter).toEqualTypeOf<number | undefined>()
expectTypeOf(error).toExtend<Error>()
// @ts-expect-error -- there is no such code
new BitTrickleError('NOT_THERE', 'It is not there.')
// @ts-expect-error -- a code that cannot be is a mistake when it is compared with, too
if (error.code === 'NOT_THERE') throw error
