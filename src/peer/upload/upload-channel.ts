import type { Duplex } from 'node:stream'
import type { Timer } from '../../clock.js'
import { BitTrickleError, type ErrorCode } from '../../errors.js'
import { DataChannel } from '../../transfer/data-channel.js'
import { violation } from '../../transfer/frame-body.js'
import type { Frame, HelloFrame, OpenFrame, RenewFrame } from '../../transfer/frames.js'
import {
  BUSY_RETRY_MS,
  MAX_REFUSED_TICKETS,
  MAX_TRANSFERS,
  STALL_MS,
  UNUSED_MS,
} from '../../transfer/limits.js'
import { statusOf } from '../../transfer/status.js'
import type { ValidTicket } from '../../transfer/ticket.js'
import { quote } from '../../wire/names.js'
import { RequestServer } from './serve-requests.js'
import { SmallAnswers } from './small-answers.js'
import type { UploadServices } from './upload-services.js'
import { type TransferOwner, ticketRevoked, UploadTransfer } from './upload-transfer.js'

// How often is looked for tickets that ran out and receivers that stall: one timer for all of a connection.
const LOOK_MS = 1_000

/** A connection that {@link UploadChannel} serves. */
export interface UploadConnection {
  /** Connected, whoever opened it. */
  readonly stream: Duplex
  /** Of the certificate that the other end has proved to have. */
  readonly fingerprint: string
  readonly receiver: { readonly host: string; readonly port: number }
}

/** The source's end of one data channel: lets in who has a ticket, and serves what that permits. */
export class UploadChannel implements TransferOwner {
  readonly services: UploadServices
  readonly receiver: UploadConnection['receiver']
  /** Resolves when the connection is closed, and nothing is left of it. Never rejects. */
  readonly ended: Promise<void>
  readonly #fingerprint: string
  readonly #channel: DataChannel
  readonly #requests: RequestServer
  readonly #small: SmallAnswers
  readonly #transfers = new Map<number, UploadTransfer>()
  readonly #work = new Set<Promise<unknown>>()
  #lastTransfer = 0
  #refused = 0
  #usedAt: number
  #timer: Timer

  constructor({ stream, fingerprint, receiver }: UploadConnection, services: UploadServices) {
    this.services = services
    this.receiver = receiver
    this.#fingerprint = fingerprint
    this.#usedAt = services.clock.monotonic()
    this.#timer = services.clock.setTimeout(() => this.#look(), LOOK_MS)
    const closed = new Promise<void>((resolve) => {
      if (stream.destroyed) resolve()
      else stream.once('close', resolve)
    })
    this.ended = closed.then(() => this.#settleWork())
    this.#channel = new DataChannel({
      stream,
      clock: services.clock,
      handler: {
        onFrame: (frame) => this.#onFrame(frame),
        onData: () => {
          throw violation('data that nobody asked for')
        },
        onClose: (error) => this.#onClose(error),
      },
    })
    this.#requests = new RequestServer(this.#channel, services, (transfer, error) =>
      this.#fail(transfer, error),
    )
    this.#small = new SmallAnswers(services, this.#requests)
  }

  /** Says goodbye and ends the connection. */
  close(code?: ErrorCode, message?: string): void {
    this.#channel.close(code, message)
  }

  send(...frames: readonly Frame[]): void {
    this.#channel.send(...frames)
  }

  onReady(): void {
    const running = this.#requests.wake()
    if (running !== undefined) this.track(running)
  }

  onBusy(transfer: UploadTransfer): void {
    this.#forget(transfer, new BitTrickleError('UPLOADS_FULL', 'Too many wait for an upload slot.'))
    this.send({ type: 'busy', transfer: transfer.number, retryAfter: BUSY_RETRY_MS })
  }

  track(work: Promise<unknown>): void {
    this.#work.add(work)
    const onSettled = (): void => void this.#work.delete(work)
    work.then(onSettled, onSettled)
  }

  #onFrame(frame: Exclude<Frame, HelloFrame>): void {
    if (!('transfer' in frame)) return
    if (frame.type === 'open') {
      this.#open(frame)
      return
    }
    const transfer = this.#transfers.get(frame.transfer)
    if (frame.transfer > this.#lastTransfer)
      throw violation(`${frame.type} of a transfer that was not opened`)
    switch (frame.type) {
      case 'renew':
        if (transfer !== undefined) this.#renew(transfer, frame)
        return
      case 'requestHashes':
        if (transfer !== undefined) this.#requests.askHashes(transfer, frame)
        break
      case 'request':
        if (transfer === undefined || this.#small.take(transfer, frame)) return
        this.#requests.ask(transfer, frame)
        break
      case 'cancel':
        if (transfer !== undefined) this.#requests.settle(transfer, frame.request)
        return
      case 'close':
        if (transfer !== undefined) this.#forget(transfer)
        return
      default:
        throw violation(`${frame.type} from one who is no source`)
    }
    this.onReady()
  }

  #open({ transfer: number, root, ticket }: OpenFrame): void {
    if (number <= this.#lastTransfer) throw violation(`the transfer ${number} once more`)
    this.#lastTransfer = number
    const transfer = new UploadTransfer(number, this)
    if (this.#transfers.size >= MAX_TRANSFERS) {
      this.#fail(transfer, new BitTrickleError('UPLOADS_FULL', 'Too many transfers at a time.'))
      return
    }
    this.#transfers.set(number, transfer)
    this.#admit(transfer, root, ticket)
  }

  #admit(transfer: UploadTransfer, root: Buffer, ticket: string): void {
    try {
      const valid = this.#verify(ticket, root.toString('base64url'))
      const served = this.services.source.find(root)
      if (served === undefined) throw new BitTrickleError('NOT_FOUND', 'This content is not published here.')
      const { size } = served.content
      if (size !== valid.size) throw new BitTrickleError('FORBIDDEN', 'The ticket is for another size.')
      const opened = { type: 'opened', transfer: transfer.number, size } as const
      if (size === 0) this.send(opened)
      else this.send(opened, { type: 'haveAll', transfer: transfer.number })
      transfer.admit(valid, served)
      this.onReady()
    } catch (error) {
      this.#fail(transfer, error)
    }
  }

  #renew(transfer: UploadTransfer, { ticket }: RenewFrame): void {
    const root = transfer.served?.content.root
    if (root === undefined) return
    try {
      transfer.renew(this.#verify(ticket, root.toString('base64url')))
    } catch (error) {
      this.#fail(transfer, error)
    }
  }

  #verify(ticket: string, root: string): ValidTicket {
    const { verifier, revoked, clock } = this.services
    const current = verifier()
    if (current === undefined) throw new BitTrickleError('FORBIDDEN', 'This peer is not logged in.')
    try {
      const valid = current.verify(ticket, root, this.#fingerprint, clock.now())
      if (revoked.has(valid)) throw ticketRevoked()
      return valid
    } catch (error) {
      // To verify costs more than to ask.
      this.#refused++
      if (this.#refused > MAX_REFUSED_TICKETS)
        this.close('RATE_LIMITED', 'Too many tickets that are not valid.')
      throw error
    }
  }

  #fail(transfer: UploadTransfer, error: unknown): void {
    if (transfer.isEnded || this.#channel.closed !== undefined) return
    const { served } = transfer
    const known =
      error instanceof BitTrickleError
        ? error
        : new BitTrickleError('FILE_UNREADABLE', 'The file cannot be read.', { cause: error })
    const { code, message } = known
    if (code === 'PROTOCOL_ERROR' || code === 'INTERNAL') {
      this.#channel.fail(known)
      return
    }
    this.#forget(transfer, known)
    this.send({ type: 'failed', transfer: transfer.number, request: 0, status: statusOf(code), message })
    if (served === undefined || code === 'FORBIDDEN' || code === 'SOURCE_LOST') return
    this.services.onWarning(`${quote(served.name)} is published but cannot be served.`, known)
    if (code === 'FILE_CHANGED' || code === 'NOT_FOUND') this.services.onChanged(served)
  }

  #forget(transfer: UploadTransfer, error?: BitTrickleError): void {
    this.#transfers.delete(transfer.number)
    this.#requests.drop(transfer)
    transfer.end(error)
    this.#usedAt = this.services.clock.monotonic()
  }

  #look(): void {
    const { clock } = this.services
    this.#timer = clock.setTimeout(() => this.#look(), LOOK_MS)
    if (this.#requests.stalledFor >= STALL_MS) {
      this.close('SOURCE_LOST', 'Nothing was taken for too long; the slot went to the next.')
      return
    }
    if (this.#requests.isSlow && this.services.queue.hasWaiting) {
      this.close('SOURCE_LOST', 'Too little was taken while others wait; the slot went to the next.')
      return
    }
    for (const transfer of this.#transfers.values()) {
      const problem = transfer.problem()
      if (problem !== undefined) this.#fail(transfer, problem)
    }
    this.#requests.rest()
    this.#small.rest()
    if (this.#transfers.size === 0 && clock.monotonic() - this.#usedAt >= UNUSED_MS) this.close()
  }

  #onClose(error: BitTrickleError): void {
    this.#timer.cancel()
    if (error.code === 'PROTOCOL_ERROR' || error.code === 'INTERNAL') {
      this.services.onWarning(`A connection from ${this.receiver.host} was ended.`, error)
    }
    for (const transfer of [...this.#transfers.values()]) {
      const isComplete = this.#channel.hasGoneWell && transfer.requests.size === 0
      this.#forget(transfer, isComplete ? undefined : error)
    }
  }

  // What ends may leave more behind, such as a file to close.
  async #settleWork(): Promise<void> {
    while (this.#work.size > 0) await Promise.allSettled(this.#work)
  }
}
