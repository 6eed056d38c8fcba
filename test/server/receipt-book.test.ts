import { beforeEach, describe, expect, it } from 'vitest'
import { ReceiptBook } from '../../src/server/receipt-book.js'
import { ManualClock } from '../helpers/manual-clock.js'

let clock: ManualClock
let book: ReceiptBook

beforeEach(() => {
  clock = new ManualClock()
  book = new ReceiptBook(clock, 10, 2)
})

describe('the book of receipts', () => {
  it('takes each message of a user once, and that of another user too', () => {
    expect(book.take('hans', 'a', 1)).toBe(true)
    expect(book.take('hans', 'a', 1)).toBe(false)
    expect(book.take('yoda', 'a', 1)).toBe(true)
    expect(book.take('hans', 'b', 1)).toBe(true)
    expect(book.take('hans', 'b', 1)).toBe(false)
  })

  it('takes four seconds of receipts at once, then as many as a second is worth, and says when', async () => {
    expect(book.take('hans', 'a', 16)).toBe(true)
    expect(book.take('hans', 'b', 16)).toBe(true)
    expect(() => book.take('hans', 'c', 16)).toThrow(
      expect.objectContaining({ code: 'RATE_LIMITED', retryAfter: 800 }),
    )
    // A repeat of what was taken is no more of them, and the other user has a book of his own.
    expect(book.take('hans', 'b', 16)).toBe(false)
    expect(book.take('yoda', 'c', 16)).toBe(true)
    await clock.advance(800)
    expect(book.take('hans', 'c', 16)).toBe(true)
  })

  it('remembers so many users, those heard last', () => {
    book.take('hans', 'a', 1)
    book.take('yoda', 'a', 1)
    expect(book.take('hans', 'a', 1)).toBe(false)
    book.take('vader', 'a', 1)
    expect(book.take('hans', 'a', 1)).toBe(false)
    expect(book.take('yoda', 'a', 1)).toBe(true)
  })
})
