import { HarnessError } from '../errors/index.js';
import { hex } from '../units/index.js';
import type { ByteCount } from '../units/index.js';

/** Bytes of one option-byte key slot; an index counts such slots. */
const slotSize: ByteCount = 32;
const slotsPerLevel = 32;
const headerSize: ByteCount = 12;

/** An OBKey file as STM32TrustedPackageCreator writes it and `STM32_Programmer_CLI -sdp` stores it. */
export interface ObkFile {
  /** First word: index in bits 0-7, hide-protection level in bits 8-15, DBG_AUTH option byte in bits 16-23. */
  readonly destination: number;
  /** 0 … 2. */
  readonly hdpl: number;
  /** First slot of 32 bytes, 0 … 31. */
  readonly index: number;
  /** Value for the DBG_AUTH option byte, 0 for none. */
  readonly debugAuthentication: number;
  /** Whether the device is to encrypt it with its hardware key; in the file it is in the clear either way. */
  readonly doEncryption: boolean;
  /** A whole number of slots. */
  readonly payload: Uint8Array;
}

/** Reads an OBKey file. @throws HarnessError `obk-format` (usage) */
export function parseObk(bytes: Uint8Array): ObkFile {
  if (bytes.length < headerSize) throw malformed(`${bytes.length} bytes are too few`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, headerSize);
  const destination = view.getUint32(0, true);
  const size = view.getUint32(4, true);
  const encryption = view.getUint32(8, true);
  const [index, hdpl, debugAuthentication] = [destination & 0xff, (destination >> 8) & 0xff, (destination >> 16) & 0xff];
  if (size !== bytes.length - headerSize) throw malformed(`it says ${size} bytes of payload and has ${bytes.length - headerSize}`);
  if (encryption > 1) throw malformed(`its encryption word is ${hex(encryption)}, neither 0 nor 1`);
  if (destination > 0xffffff || hdpl > 2) throw malformed(`its destination ${hex(destination)} is none`);
  if (size === 0 || size % slotSize !== 0 || index + size / slotSize > slotsPerLevel) throw malformed(`${size} bytes from index ${index} on are no option-byte keys`);
  return { destination, hdpl, index, debugAuthentication, doEncryption: encryption === 1, payload: bytes.slice(headerSize) };
}

/** The bytes of an OBKey file. @throws HarnessError `obk-format` (usage) */
export function buildObk(file: Pick<ObkFile, 'hdpl' | 'index' | 'payload' | 'doEncryption'> & { readonly debugAuthentication?: number }): Uint8Array {
  const out = new Uint8Array(headerSize + file.payload.length);
  const view = new DataView(out.buffer);
  view.setUint32(0, ((file.debugAuthentication ?? 0) << 16) | (file.hdpl << 8) | file.index, true);
  view.setUint32(4, file.payload.length, true);
  view.setUint32(8, file.doEncryption ? 1 : 0, true);
  out.set(file.payload, headerSize);
  parseObk(out);
  return out;
}

function malformed(what: string): HarnessError {
  return new HarnessError({ code: 'obk-format', kind: 'usage', message: `no OBKey file: ${what}`, nextStep: 'build it again from its XML with STM32TrustedPackageCreator or rot-hil' });
}
