import { equalBytes, nativeEngine, scalarSize } from '../image/index.js';
import type { CryptoEngine } from '../image/index.js';
import { publicKeyOf } from './p256-keys.js';

/**
 * The private key in the form of `imgtool getpriv --minimal` (stm32-mw-mcuboot, scripts/imgtool/keys/ecdsa.py): PKCS#8 cut behind the head of the public
 * half, with its lengths made to match; 36 bytes in front of the scalar, two of the cut-off part behind it.
 */
const head = Uint8Array.of(
  0x30, 0x81, 0x43, 0x02, 0x01, 0x00, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x04, 0x29, 0x30, 0x27, 0x02, 0x01, 0x01, 0x04, 0x20,
);
const tail = Uint8Array.of(0xa1, 0x44);
/** Bytes of a private key in an OBKey file. */
export const minimalKeySize = head.length + scalarSize + tail.length;

/** 70 bytes. @throws HarnessError `key-value` (usage) for no scalar of P-256 */
export function encodeMinimalKey(privateKey: Uint8Array, engine: CryptoEngine = nativeEngine()): Uint8Array {
  publicKeyOf(privateKey, engine);
  const out = new Uint8Array(minimalKeySize);
  out.set(head);
  out.set(privateKey, head.length);
  out.set(tail, head.length + scalarSize);
  return out;
}

/** The scalar; undefined for bytes of another form. Whether it is one of P-256 is not looked at. */
export function decodeMinimalKey(bytes: Uint8Array): Uint8Array | undefined {
  if (bytes.length !== minimalKeySize) return undefined;
  const framed = equalBytes(bytes.subarray(0, head.length), head) && equalBytes(bytes.subarray(head.length + scalarSize), tail);
  return framed ? bytes.slice(head.length, head.length + scalarSize) : undefined;
}
