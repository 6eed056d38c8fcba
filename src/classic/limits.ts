/** Longest classic datagram, both ways: the original reads into a buffer of this size and loses the rest. */
export const MAX_CLASSIC_DATAGRAM_BYTES = 1024
