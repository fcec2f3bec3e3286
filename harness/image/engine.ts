/** What is to be signed: its SHA-256 and the bytes themselves, one after the other. An engine uses whichever its primitives take. */
export interface SignedMessage {
  readonly digest: Uint8Array;
  readonly parts: readonly Uint8Array[];
}

export interface Sha256Stream {
  update(bytes: Uint8Array): void;
  digest(): Uint8Array;
}

/**
 * The primitives behind signing and verifying. Private keys are 32 byte big-endian scalars, public keys 65 byte uncompressed points,
 * signatures r and s of 32 bytes each. Both engines give the same answers to everything.
 */
export interface CryptoEngine {
  readonly name: 'native' | 'noble';
  sha256(): Sha256Stream;
  hmacSha256(key: Uint8Array, data: Uint8Array): Uint8Array;
  /** AES-128-CTR of whole bytes from the given 16 byte block on; encrypts and decrypts. */
  aesCtr(key: Uint8Array, bytes: Uint8Array, firstBlock: number): Uint8Array;
  /** ECDSA P-256 over a SHA-256 digest; false also for a key or a signature that cannot be one. */
  verify(publicKey: Uint8Array, signature: Uint8Array, digest: Uint8Array): boolean;
  /** ECDSA P-256 with SHA-256. s is as it comes, not lowered. */
  sign(privateKey: Uint8Array, message: SignedMessage): Uint8Array;
  /** ECDH: the x coordinate; undefined when the public key is no point of the curve. */
  sharedSecret(privateKey: Uint8Array, publicKey: Uint8Array): Uint8Array | undefined;
  /** The public key of a private one; undefined when the scalar is not in 1 … n-1. */
  publicKeyOf(privateKey: Uint8Array): Uint8Array | undefined;
}

/** SHA-256 of some bytes. */
export function sha256(engine: CryptoEngine, ...parts: readonly Uint8Array[]): Uint8Array {
  const hash = engine.sha256();
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/** Equality without a look at where the first difference lies; different lengths are different. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= a[i] ^ b[i];
  return difference === 0;
}
