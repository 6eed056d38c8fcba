import { createRequire } from 'node:module'
import type NoiseState from 'noise-handshake'
import type libsodium from 'sodium-native'

// What is written in C, and what stands on it, is loaded by the first who needs it and not by who loads the SDK: to find
// it took as long as all of our own code. By `require`, since it must be there at once, in the middle of a datagram.
const require = createRequire(import.meta.url)

let loadedSodium: typeof libsodium | undefined
let loadedNoise: typeof NoiseState | undefined

/** The functions of libsodium. */
export function sodium(): typeof libsodium {
  loadedSodium ??= require('sodium-native') as typeof libsodium
  return loadedSodium
}

/** The class of a Noise handshake. */
export function noise(): typeof NoiseState {
  loadedNoise ??= require('noise-handshake') as typeof NoiseState
  return loadedNoise
}
