import { Refusal } from './protocol.js';

/** What an OBKey file asks the device to store. */
export interface ObkFile {
  readonly hdpl: number;
  /** First 32-byte slot. */
  readonly index: number;
  /** Whether the device enciphers it with its own key. */
  readonly encrypted: boolean;
  readonly payload: Uint8Array;
}

const headerBytes = 12;
const slotBytes = 32;

/**
 * Reads an OBKey file as RSSLIB takes it: destination, payload size and encryption flag (each u32 LE), then the payload
 * (STM32CubeH7RS ROT_Provisioning, the shipped .obk files).
 * @throws Refusal `obk-size`, `obk-format`
 */
export function parseObkFile(bytes: Uint8Array): ObkFile {
  if (bytes.length < headerBytes) throw new Refusal('obk-size', `an OBKey file of ${String(bytes.length)} bytes is too short`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const destination = view.getUint32(0, true);
  const size = view.getUint32(4, true);
  const encryption = view.getUint32(8, true);
  const payload = bytes.slice(headerBytes);
  if (size !== payload.length || size === 0 || size % slotBytes !== 0) {
    throw new Refusal('obk-size', `the file holds ${String(payload.length)} bytes, its header announces ${String(size)}`);
  }
  if (encryption > 1) throw new Refusal('obk-format', 'the encryption flag is neither 0 nor 1');
  return { hdpl: (destination >>> 8) & 0xff, index: destination & 0xff, encrypted: encryption === 1, payload };
}
