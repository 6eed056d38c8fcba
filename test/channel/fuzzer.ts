import { encodeIndexed } from '../../src/channel/datagrams.js'
import { DatagramType } from '../../src/channel/protocol.js'
import type { Passing, SeededRandom } from '../helpers/lossy-network.js'
import { Harness } from './harness.js'

/** What came of a run. */
export interface FuzzResult {
  readonly mutated: number
  /** Requests that were asked, and those that were carried out: they must be the same. */
  readonly asked: number
  readonly carriedOut: number
}

const KEPT = 256

/** Throws mutated copies of a live conversation at both ends of it. Whatever they throw is thrown on. */
export async function fuzz(
  seed: number,
  count: number,
  onProgress: (done: number) => void = () => {},
): Promise<FuzzResult> {
  const h = new Harness({ seed })
  const seen: Passing[] = []
  h.network.tap = (passing) => {
    const at = seen.length < KEPT ? seen.length : h.random.below(KEPT)
    seen[at] = { ...passing, datagram: Buffer.from(passing.datagram) }
    return true
  }
  const { client } = await h.connected()
  let asked = 0
  for (let done = 0; done < count; done++) {
    if (done % 100 === 0) {
      await h.until(client.request(Buffer.from(`r${asked++}`)))
      if (done % 1000 === 0) await h.until(h.opened.at(-1)?.notify(Buffer.from('n')) ?? Promise.resolve())
      if (done % 10_000 === 0) onProgress(done)
    }
    const original = seen[h.random.below(seen.length)]
    if (original !== undefined) h.network.inject(mutate(original, h.random))
  }
  const carriedOut = h.requests.length
  client.close()
  h.server.close()
  if (h.errors.length > 0) throw h.errors[0]
  return { mutated: count, asked, carriedOut }
}

function mutate({ datagram, from, to }: Passing, random: SeededRandom): Passing {
  const bytes = Buffer.from(datagram)
  const elsewhere = random.fraction() < 0.3 ? { host: '10.6.6.6', port: random.below(65_536) } : from
  switch (random.below(6)) {
    case 0:
      return { datagram: bytes.subarray(0, random.below(bytes.length + 1)), from: elsewhere, to }
    case 1:
      return { datagram: Buffer.concat([bytes, random.bytes(1 + random.below(64))]), from: elsewhere, to }
    case 2:
      return { datagram: bytes, from: to, to: from }
    case 3: {
      const types = [
        DatagramType.Cookie,
        DatagramType.Response,
        DatagramType.Finish,
        DatagramType.Reset,
      ] as const
      const index = bytes.length >= 8 ? bytes.readUInt32BE(4) : 1
      const body = random.bytes([16, 100, 68][random.below(3)] ?? 16)
      return { datagram: encodeIndexed(types[random.below(4)] ?? 0x82, index, body), from: elsewhere, to }
    }
    default: {
      for (let flips = 1 + random.below(8); flips > 0; flips--) {
        const at = random.below(Math.min(bytes.length, 120))
        bytes[at] = random.below(256)
      }
      return { datagram: bytes, from: elsewhere, to }
    }
  }
}
