/** Random floating-point instructions and operands: values at the borders of the formats, and plain ones. */
import { decodeBits, wideTable } from '../cpu/decode.js';
import { fieldsOf } from '../cpu/rows.js';
import { coprocessor } from '../cpu/system-handlers.js';
import { wideFloatRows } from '../cpu/wide-float-rows.js';
import type { Encoding } from './instruction-encodings.js';
import type { Random } from './random.js';

/** Base of loads and stores, and how many core registers the other instructions may name. */
export const floatBaseRegister = 7;
export const coreRegisters = 6;

const names = new Set(wideFloatRows.map(({ name }) => name));
const rows = wideTable.filter(({ name }) => names.has(name));
const memoryName = /^V(LDR|LDM)/;
export const floatRows: readonly string[] = rows.map(({ name }) => name);
export const touchesMemory = ({ name }: Encoding): boolean => memoryName.test(name);

/** An instruction of a row that is picked at random; no loads by PC, no core registers but the low ones. */
export function floatEncoding(random: Random): Encoding {
  const row = random.pick(rows);
  for (let attempt = 0; attempt < 100_000; attempt += 1) {
    let bits = (random.bits() & ~row.mask) | row.value;
    if (memoryName.test(row.name)) bits = (bits & ~0xf0000) | (floatBaseRegister << 16);
    const decoded = decodeBits(bits, true, 0, false);
    if (decoded.name !== row.name || decoded.handler === coprocessor) continue;
    const { t, v } = fieldsOf(row, bits);
    const flags = row.name === 'VMRS' && t === 15;
    if (!flags && ((t ?? 0) >= coreRegisters || (v ?? 0) >= coreRegisters)) continue;
    return { name: row.name, bits, length: 4 };
  }
  throw new Error(`no encoding of ${row.name} is allowed`);
}

const singles = [
  0, 0x80000000, 0x3f800000, 0xbf800000, 0x7f800000, 0xff800000, 0x7fc00000, 0xffc00123, 0x7f800001, 0xff812345, 0x00000001, 0x80000001,
  0x007fffff, 0x807fffff, 0x00800000, 0x80800000, 0x00800001, 0x7f7fffff, 0xff7fffff, 0x3f000000, 0x3fc00000, 0x40200000, 0xc0600000, 0x4f000000,
  0xcf000000, 0x4f7fffff, 0x4f800000, 0x4effffff, 0x477fe000, 0x477ff000, 0x38800000, 0x387fc000, 0x33800000, 0x33000000, 0x3effffff, 0x46fffe00,
];
const upperHalves = [
  0, 0x80000000, 0x3ff00000, 0xbff00000, 0x7ff00000, 0xfff00000, 0x7ff80000, 0xfff80000, 0x7ff00001, 0x00100000, 0x80100000, 0x000fffff, 0x7fefffff,
  0x3fe00000, 0xc0040000, 0x41e00000, 0xc1e00000, 0x41dfffff, 0x41efffff, 0x41f00000, 0x47efffff, 0x38100000, 0x380fffff, 0x36a00000, 0x40effc00, 0x3f100000,
  0x20000000, 0x1ff00000, 0x5ff00000, 0x60000000,
];

/** Two words: two singles or one double. */
export function floatOperands(random: Random): readonly [low: number, high: number] {
  if (random.chance(50)) return [singleOperand(random), singleOperand(random)];
  if (random.chance(35)) return [random.pick([0, 0, 1, -1, 0x80000000 | 0, random.bits()]), random.pick(upperHalves) | 0];
  if (random.chance(50)) return [random.chance(50) ? 0 : random.bits(), (random.bits() & 0x800fffff) | ((0x3f8 + random.below(32)) << 20)];
  if (random.chance(30)) return [random.bits(), (random.bits() & 0x800fffff) | (random.below(60) << 20)];
  return [random.bits(), random.bits()];
}

function singleOperand(random: Random): number {
  if (random.chance(30)) return random.pick(singles) | 0;
  if (random.chance(15)) return random.bits() >> random.below(32);
  if (random.chance(50)) return (random.bits() & (random.chance(50) ? 0x807ff000 : 0x807fffff)) | ((0x70 + random.below(32)) << 23);
  return random.bits();
}

/** FPSCR: the modes of a plain program in half of the cases; flags mostly clear, so that they are seen to be set. */
export function floatStatus(random: Random): number {
  const modes = random.chance(50) ? 0 : random.bits() & 0x07c00000;
  const flags = random.chance(70) ? 0 : random.bits() & 0x9f;
  return modes | flags | (random.bits() & 0xf0000000);
}
