/** The parts of two libraries without types that the channel and the tickets use. */
declare module 'noise-handshake' {
  interface NoiseKeyPair {
    publicKey: Buffer
    secretKey: Buffer
  }

  export default class NoiseState {
    constructor(pattern: 'XX', initiator: boolean, staticKeypair: NoiseKeyPair)
    handshake: unknown[]
    digest: Buffer
    chainingKey: Buffer
    key: Buffer | null
    s: NoiseKeyPair
    e: NoiseKeyPair | null
    re: Buffer | null
    rs: Buffer | null
    tx: Buffer | null
    rx: Buffer | null
    hash: Buffer | null
    complete: boolean
    protocol: Buffer
    initialise(prologue: Buffer): void
    send(payload: Buffer): Buffer
    recv(message: Buffer): Buffer
  }
}

declare module 'sodium-native' {
  interface Sodium {
    crypto_scalarmult_base(publicKey: Buffer, secretKey: Buffer): void
    crypto_generichash(output: Buffer, input: Buffer, key?: Buffer): void
    sodium_memcmp(a: Buffer, b: Buffer): boolean
    sodium_memzero(buffer: Buffer): void
    crypto_aead_chacha20poly1305_ietf_encrypt_detached(
      ciphertext: Buffer,
      tag: Buffer,
      message: Buffer,
      associatedData: Buffer,
      secretNonce: null,
      nonce: Buffer,
      key: Buffer,
    ): number
    crypto_aead_chacha20poly1305_ietf_decrypt_detached(
      message: Buffer,
      secretNonce: null,
      ciphertext: Buffer,
      tag: Buffer,
      associatedData: Buffer,
      nonce: Buffer,
      key: Buffer,
    ): void
    crypto_sign_seed_keypair(publicKey: Buffer, secretKey: Buffer, seed: Buffer): void
    crypto_sign_detached(signature: Buffer, message: Buffer, secretKey: Buffer): void
    crypto_sign_verify_detached(signature: Buffer, message: Buffer, publicKey: Buffer): boolean
  }
  const sodium: Sodium
  export default sodium
}
