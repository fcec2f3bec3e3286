import { HarnessError } from '../errors/index.js';
import type { NorSnapshot } from './nor-flash.js';

/** `NOR1`, then sector size and number of sectors (u32 LE), then per sector its index (u32 LE) and its bytes: only what is not erased. */
const magic = [0x4e, 0x4f, 0x52, 0x31];
const headerSize = 12;

/** A snapshot as bytes, sectors in ascending order: equal contents give equal bytes. */
export function serialiseNor(snapshot: NorSnapshot, sectorSize: number): Uint8Array {
  const entries = [...snapshot.sectors].filter(([, bytes]) => bytes.some((byte) => byte !== 0xff)).sort(([a], [b]) => a - b);
  const out = new Uint8Array(headerSize + entries.length * (4 + sectorSize));
  const view = new DataView(out.buffer);
  out.set(magic);
  view.setUint32(4, sectorSize, true);
  view.setUint32(8, entries.length, true);
  entries.forEach(([index, bytes], i) => {
    const at = headerSize + i * (4 + sectorSize);
    view.setUint32(at, index, true);
    out.set(bytes, at + 4);
  });
  return out;
}

/**
 * Reads what `serialiseNor` wrote, for a chip of the given geometry.
 * @throws HarnessError `flash-file` (usage) for anything else
 */
export function deserialiseNor(bytes: Uint8Array, geometry: { readonly size: number; readonly sectorSize: number }): NorSnapshot {
  const refuse = (why: string): HarnessError =>
    new HarnessError({ code: 'flash-file', kind: 'usage', message: `the flash contents file ${why}`, nextStep: 'delete it to start with an erased flash' });
  if (bytes.length < headerSize || magic.some((byte, i) => bytes[i] !== byte)) throw refuse('is none of rot-hil');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { sectorSize, size } = geometry;
  if (view.getUint32(4, true) !== sectorSize) throw refuse(`has sectors of ${view.getUint32(4, true)} bytes, this chip has ${sectorSize}`);
  const count = view.getUint32(8, true);
  if (bytes.length !== headerSize + count * (4 + sectorSize)) throw refuse('is cut short or too long');
  const sectors = new Map<number, Uint8Array>();
  let previous = -1;
  for (let i = 0; i < count; i++) {
    const at = headerSize + i * (4 + sectorSize);
    const index = view.getUint32(at, true);
    if (index <= previous || (index + 1) * sectorSize > size) throw refuse(`names sector ${index}, which does not fit`);
    previous = index;
    sectors.set(index, bytes.slice(at + 4, at + 4 + sectorSize));
  }
  return { sectors };
}
