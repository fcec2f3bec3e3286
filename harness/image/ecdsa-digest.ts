import { inverse, modulo, order as n, toBytes, toInteger } from './p256-numbers.js';

/** p and b of P-256 (SEC 2, section 2.4.2); a is -3. */
const p = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn;
const b = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;

/** Multiplication as an ECDH primitive offers it; scalars of 32 bytes, 1 … n-1, points of 65 bytes on the curve. */
export interface PointMultiplication {
  /** scalar·G */
  ofBase(scalar: Uint8Array): Uint8Array;
  /** The x coordinate of scalar·point, 32 bytes. */
  xOf(scalar: Uint8Array, point: Uint8Array): Uint8Array;
}

/**
 * ECDSA over a finished digest, for a library that verifies only messages and hashes them itself (SEC 1, section 4.1.4). With u1 = e/s and u2 = r/s the
 * signature stands when r is the x coordinate of u1·G + u2·Q modulo n. That point is u2·(Q + (e/r)·G): one multiplication of G, one addition and one
 * multiplication of which only x is needed, as ECDH gives it.
 * @param publicKey 65 bytes @param signature r and s, 64 bytes @param digest 32 bytes
 */
export function verifyDigest(publicKey: Uint8Array, signature: Uint8Array, digest: Uint8Array, multiply: PointMultiplication): boolean {
  if (signature.length !== 64) return false;
  const [r, s] = [toInteger(signature.subarray(0, 32)), toInteger(signature.subarray(32))];
  if (r === 0n || s === 0n || r >= n || s >= n) return false;
  const key = readPoint(publicKey);
  if (key === undefined) return false;
  const shift = (toInteger(digest) * inverse(r, n)) % n;
  const shifted = shift === 0n ? key : add(key, readPoint(multiply.ofBase(toBytes(shift))));
  if (shifted === undefined) return false;
  const point = Uint8Array.of(4, ...toBytes(shifted.x), ...toBytes(shifted.y));
  return toInteger(multiply.xOf(toBytes((r * inverse(s, n)) % n), point)) % n === r;
}

interface Point {
  readonly x: bigint;
  readonly y: bigint;
}

/** An uncompressed point that lies on the curve. */
function readPoint(bytes: Uint8Array): Point | undefined {
  if (bytes.length !== 65 || bytes[0] !== 4) return undefined;
  const [x, y] = [toInteger(bytes.subarray(1, 33)), toInteger(bytes.subarray(33))];
  const onCurve = x < p && y < p && (y * y - (x * x - 3n) * x - b) % p === 0n;
  return onCurve ? { x, y } : undefined;
}

/** Sum of two points; undefined for the point at infinity and for a second one that is none. */
function add(first: Point, second: Point | undefined): Point | undefined {
  if (second === undefined) return undefined;
  const same = first.x === second.x;
  if (same && (first.y !== second.y || first.y === 0n)) return undefined;
  const slope = same ? (3n * first.x * first.x - 3n) * inverse(2n * first.y, p) : (second.y - first.y) * inverse(modulo(second.x - first.x, p), p);
  const x = modulo(slope * slope - first.x - second.x, p);
  return { x, y: modulo(slope * (first.x - x) - first.y, p) };
}
