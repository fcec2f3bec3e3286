/** The order of P-256 (SEC 2, section 2.4.2). */
export const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** Inverse modulo a prime of a value that is no multiple of it: the extended Euclidean algorithm. */
export function inverse(value: bigint, prime: bigint): bigint {
  let [rest, next] = [prime, modulo(value, prime)];
  let [factor, nextFactor] = [0n, 1n];
  while (next !== 0n) {
    const quotient = rest / next;
    [rest, next] = [next, rest - quotient * next];
    [factor, nextFactor] = [nextFactor, factor - quotient * nextFactor];
  }
  return modulo(factor, prime);
}

/** From 0 to modulus - 1, also of a negative value. */
export function modulo(value: bigint, modulus: bigint): bigint {
  const rest = value % modulus;
  return rest < 0n ? rest + modulus : rest;
}

/** Big endian, whole multiples of 8 bytes. */
export function toInteger(bytes: Uint8Array): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let value = 0n;
  for (let at = 0; at + 8 <= bytes.length; at += 8) value = (value << 64n) | view.getBigUint64(at, false);
  return value;
}

/** 32 bytes, big endian. */
export function toBytes(value: bigint): Uint8Array {
  const out = new Uint8Array(32);
  const view = new DataView(out.buffer);
  for (let word = 0; word < 4; word++) view.setBigUint64(8 * word, (value >> BigInt(64 * (3 - word))) & 0xffffffffffffffffn, false);
  return out;
}
