import { equalBytes, nativeEngine, sha256 } from '../image/index.js';
import type { CryptoEngine } from '../image/index.js';
import type { ByteCount } from '../units/index.js';
import { obkContentError } from './obk-content.js';
import { buildObk } from './obk-file.js';

/** Whose data: OEMiROT (level 1), OEMuROT behind STiROT (level 2), STiROT (level 1, one slot further). */
export type DataOwner = 'oemirot' | 'oemurot' | 'stirot';

/** Destinations of ST's *_Data.obk files (STM32CubeH7RS, ROT_Provisioning, folders Binary). */
const places: Readonly<Record<DataOwner, { readonly hdpl: number; readonly index: number }>> = {
  oemirot: { hdpl: 1, index: 15 },
  oemurot: { hdpl: 2, index: 15 },
  stirot: { hdpl: 1, index: 16 },
};

const hashSize = 32;
const areaSize = 96;
/** Two areas, A and B. */
export const dataObkSize: ByteCount = 2 * areaSize;

/** One area of the data: what the boot remembers of the installed image. */
export interface RotData {
  /** SHA-256 of the image whose signature needs no second check, 32 bytes; zeros for none. */
  readonly codeHash: Uint8Array;
  /** Security counter of the installed image. */
  readonly codeVersion: number;
  readonly previousVersion: number;
}

/** *_Data.obk as a new device needs it (without encryption: *_Data_OPEN.obk): both areas empty, counter 0, each under its SHA-256; 204 bytes. */
export function buildDataObk(options: { readonly owner: DataOwner; readonly doEncryption: boolean }, engine: CryptoEngine = nativeEngine()): Uint8Array {
  const area = new Uint8Array(areaSize);
  area.set(sha256(engine, area.subarray(hashSize)));
  const payload = new Uint8Array(dataObkSize);
  payload.set(area);
  payload.set(area, areaSize);
  return buildObk({ ...places[options.owner], payload, doEncryption: options.doEncryption });
}

/** The areas A and B. @throws HarnessError `obk-hash` · `obk-format` (usage) */
export function decodeDataObk(payload: Uint8Array, engine: CryptoEngine = nativeEngine()): readonly [RotData, RotData] {
  if (payload.length !== dataObkSize) throw obkContentError('the data areas', 'obk-format', `${payload.length} bytes instead of ${dataObkSize}`);
  return [decodeArea(payload.subarray(0, areaSize), engine), decodeArea(payload.subarray(areaSize), engine)];
}

/** The owner of a destination that holds data. */
export function dataOwnerAt(hdpl: number, index: number): DataOwner | undefined {
  return (Object.keys(places) as DataOwner[]).find((owner) => places[owner].hdpl === hdpl && places[owner].index === index);
}

function decodeArea(area: Uint8Array, engine: CryptoEngine): RotData {
  if (!equalBytes(area.subarray(0, hashSize), sha256(engine, area.subarray(hashSize)))) throw obkContentError('the data areas', 'obk-hash', 'the SHA-256 of an area does not match');
  const view = new DataView(area.buffer, area.byteOffset, area.byteLength);
  return { codeHash: area.slice(hashSize, 2 * hashSize), codeVersion: view.getUint32(2 * hashSize, true), previousVersion: view.getUint32(2 * hashSize + 4, true) };
}
