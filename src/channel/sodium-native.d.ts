// The package ships no types. Only what is used here.
declare module 'sodium-native' {
  const sodium: {
    randombytes_buf(buffer: Buffer): void
    crypto_scalarmult_base(publicKey: Buffer, secretKey: Buffer): void
  }
  export default sodium
}
