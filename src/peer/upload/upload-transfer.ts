import type { FileHandle } from 'node:fs/promises'
import { ContentLayout } from '../../content/content-layout.js'
import { BitTrickleError } from '../../errors.js'
import { violation } from '../../transfer/frame-body.js'
import type { Frame, RangeOfPiece } from '../../transfer/frames.js'
import { STALL_MS } from '../../transfer/limits.js'
import { TICKET_TOLERANCE_MS, type ValidTicket } from '../../transfer/ticket.js'
import { outcomeOf } from '../receipts.js'
import type { ServedContent } from './content-source.js'
import { Upload } from './upload.js'
import type { SlotSeeker } from './upload-queue.js'
import type { UploadServices } from './upload-services.js'

/** The connection that a transfer belongs to. */
export interface TransferOwner {
  readonly services: UploadServices
  readonly receiver: { readonly host: string; readonly port: number }
  send(frame: Frame): void
  /** The transfer has a slot now. */
  onReady(): void
  /** There is no place in the line: the transfer is forgotten. */
  onBusy(transfer: UploadTransfer): void
  /** Something that must be over before the connection counts as closed. */
  track(work: Promise<unknown>): void
}

interface RunningUpload {
  readonly upload: Upload
  readonly resolve: () => void
  readonly reject: (error: BitTrickleError) => void
  readonly startedAt: number
  /** Bytes that were handed to the connection, and those of them that it has taken. */
  handedOver: number
  sent: number
}

/** The index has taken the account away that a ticket was for. */
export const ticketRevoked = (): BitTrickleError =>
  new BitTrickleError(
    'FORBIDDEN',
    'The ticket was taken back by the index; log in anew and ask it for another.',
  )

/** One content on its way to one receiver: its ticket, its slot, its open file, and what is asked of it. */
export class UploadTransfer implements SlotSeeker {
  readonly number: number
  /** What is not yet answered. */
  readonly requests = new Map<number, RangeOfPiece>()
  readonly #owner: TransferOwner
  #lastRequest = 0
  #grant: { ticket: ValidTicket; readonly served: ServedContent; readonly layout: ContentLayout } | undefined
  #isWaiting = false
  #wasTold = false
  #release: (() => void) | undefined
  #file: Promise<FileHandle> | undefined
  #handedOver = 0
  #idleSince = 0
  #running: RunningUpload | undefined
  #isEnded = false

  constructor(number: number, owner: TransferOwner) {
    this.number = number
    this.#owner = owner
  }

  get isEnded(): boolean {
    return this.#isEnded
  }

  get hasSlot(): boolean {
    return this.#release !== undefined
  }

  /** What is served; undefined until the ticket has proved valid. */
  get served(): ServedContent | undefined {
    return this.#grant?.served
  }

  get layout(): ContentLayout | undefined {
    return this.#grant?.layout
  }

  get ticket(): ValidTicket | undefined {
    return this.#grant?.ticket
  }

  /** The ticket is valid: what was asked in the meantime counts. */
  admit(ticket: ValidTicket, served: ServedContent): void {
    this.#grant = { ticket, served, layout: new ContentLayout(served.content.size) }
    for (const range of this.requests.values()) this.#check(range)
    if (this.requests.size > 0) this.seekSlot()
  }

  /** Goes on with another ticket for the same. */
  renew(ticket: ValidTicket): void {
    if (this.#grant === undefined) return
    const { username, size, expiresAt } = this.#grant.ticket
    if (ticket.username !== username || ticket.size !== size) {
      throw new BitTrickleError('FORBIDDEN', 'The new ticket is for something else than the old one.')
    }
    if (ticket.expiresAt > expiresAt) this.#grant.ticket = ticket
  }

  /** Takes a request. @throws {@link BitTrickleError} `PROTOCOL_ERROR` */
  ask(range: RangeOfPiece): void {
    this.note(range)
    if (this.#grant !== undefined) this.seekSlot()
  }

  /** Whether it wants a slot or has one, or something else is asked of it. */
  get isAsked(): boolean {
    return this.hasSlot || this.#isWaiting || this.requests.size > 0
  }

  /** Takes a request that may need no slot. @throws {@link BitTrickleError} `PROTOCOL_ERROR` */
  note(range: RangeOfPiece): void {
    if (range.request <= this.#lastRequest) throw violation(`the request ${range.request} once more`)
    this.#lastRequest = range.request
    this.#check(range)
    this.requests.set(range.request, range)
    this.#announce()
  }

  /**
   * The only request is answered at once, without a slot.
   * @returns what to call when the answer is sent
   */
  answer({ request, length }: RangeOfPiece): () => void {
    this.#running?.upload.emit('started')
    this.settle(request)
    return this.handOver(length)
  }

  /** A request was taken back, or its last bytes are about to be sent. */
  settle(request: number): void {
    if (request > this.#lastRequest) throw violation(`cancel of the request ${request}, which it never made`)
    if (!this.requests.delete(request) || this.requests.size > 0) return
    this.#idleSince = this.#owner.services.clock.monotonic()
    this.#leaveLine()
  }

  onPlace(place: number): void {
    this.#wasTold = true
    this.#owner.send({ type: 'queued', transfer: this.number, place })
  }

  onSlot(release: () => void): void {
    this.#isWaiting = false
    this.#release = release
    this.#handedOver = 0
    this.#file = this.#grant?.served.open()
    // Whoever needs it looks again.
    this.#file?.catch(() => {})
    if (this.#wasTold) this.#owner.send({ type: 'queued', transfer: this.number, place: 0 })
    this.#wasTold = false
    this.#running?.upload.emit('started')
    this.#owner.onReady()
  }

  /** Where in the file a request begins. */
  positionOf({ piece, offset }: RangeOfPiece): number {
    return (this.layout?.pieceStart(piece) ?? 0) + offset
  }

  /** The open file. Only while it has a slot. */
  file(): Promise<FileHandle> {
    return (
      this.#file ?? Promise.reject(new BitTrickleError('INTERNAL', 'A transfer without a slot has no file.'))
    )
  }

  /**
   * So many bytes were handed to the connection. Who has asked for the whole content most likely asks for no more: its
   * slot goes to the next, without a word from there.
   *
   * @returns what to call when they are sent
   */
  handOver(bytes: number): () => void {
    this.#handedOver += bytes
    const running = this.#running
    if (running !== undefined) running.handedOver += bytes
    const size = this.#grant?.served.content.size ?? 0
    if (this.#handedOver >= size && this.requests.size === 0) this.#giveSlotBack()
    return () => {
      if (running === undefined) return
      running.sent += bytes
      running.upload.report({ transferred: Math.min(running.sent, size), size })
      if (running.sent < size || this.requests.size > 0 || this.#running !== running) return
      this.#finish()
    }
  }

  /** Why it must end now, if it must. */
  problem(): BitTrickleError | undefined {
    const { clock, revoked } = this.#owner.services
    const { ticket } = this
    if (ticket !== undefined && revoked.has(ticket)) return ticketRevoked()
    if (ticket !== undefined && clock.now() >= ticket.expiresAt + TICKET_TOLERANCE_MS) {
      return new BitTrickleError('FORBIDDEN', 'The ticket ran out; ask the index for another.')
    }
    const isIdle = this.hasSlot && this.requests.size === 0
    if (isIdle && clock.monotonic() - this.#idleSince >= STALL_MS) {
      return new BitTrickleError('SOURCE_LOST', 'Nothing was asked for too long; the slot went to the next.')
    }
    return undefined
  }

  /** Ends it. May be called again. @param error - why, unless the receiver wanted no more */
  end(error?: BitTrickleError): void {
    if (this.#isEnded) return
    this.#isEnded = true
    this.#finish(error)
    this.requests.clear()
    this.#leaveLine()
    this.#giveSlotBack()
  }

  // The one place where an upload ends.
  #finish(error?: BitTrickleError): void {
    const running = this.#running
    if (running === undefined) return
    this.#running = undefined
    this.#tell(running, error)
    if (error === undefined) running.resolve()
    else running.reject(error)
  }

  #tell({ startedAt, handedOver, sent }: RunningUpload, error?: BitTrickleError): void {
    const { clock, onReceipt } = this.#owner.services
    const grant = this.#grant
    if (grant === undefined || onReceipt === undefined) return
    const { username, root } = grant.ticket
    const common = { way: 'sent', peer: username, root, ms: clock.monotonic() - startedAt } as const
    // The receiver may have said that it has all before the connection says that it was sent.
    if (error === undefined) {
      onReceipt({ ...common, bytes: handedOver, outcome: this.requests.size === 0 ? 'done' : 'aborted' })
    } else onReceipt({ ...common, bytes: sent, outcome: outcomeOf(error) })
  }

  #check({ piece, offset, length }: RangeOfPiece): void {
    const { layout } = this
    if (layout === undefined) return
    if (piece >= layout.pieceCount || offset + length > layout.pieceLength(piece)) {
      throw violation('a request of bytes that the content does not have')
    }
  }

  /** Stands in the line for a slot, unless it has one. */
  seekSlot(): void {
    this.#announce()
    if (this.hasSlot || this.#isWaiting) return
    this.#isWaiting = this.#owner.services.queue.join(this)
    if (!this.#isWaiting) this.#owner.onBusy(this)
  }

  #announce(): void {
    const grant = this.#grant
    if (grant === undefined || this.#running !== undefined) return
    let settle: Pick<RunningUpload, 'resolve' | 'reject'> | undefined
    const done = new Promise<void>((resolve, reject) => {
      settle = { resolve, reject }
    })
    if (settle === undefined) return
    const receiver = { username: grant.ticket.username, ...this.#owner.receiver }
    const upload = new Upload({ name: grant.served.name, receiver }, done)
    const startedAt = this.#owner.services.clock.monotonic()
    this.#running = { upload, ...settle, startedAt, handedOver: 0, sent: 0 }
    this.#owner.services.onUpload(upload)
    if (this.hasSlot) upload.emit('started')
  }

  #leaveLine(): void {
    if (this.#isWaiting) this.#owner.services.queue.leave(this)
    this.#isWaiting = false
  }

  #giveSlotBack(): void {
    const file = this.#file
    this.#file = undefined
    if (file !== undefined) {
      // A read that is under way ends first; one that could not be opened needs no closing.
      this.#owner.track(file.then((handle) => handle.close()).catch(() => {}))
    }
    this.#release?.()
    this.#release = undefined
  }
}
