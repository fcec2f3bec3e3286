/** Short sequences for what a single random instruction cannot show: control flow, the stack, exclusive accesses, special registers. */
import { baseRegister, type Encoding } from './instruction-encodings.js';
import type { Random } from './random.js';

/** Rows of the decode table that these sequences execute. */
export const sequenceRows: readonly string[] = [
  'IT T1', 'B T1', 'B T2', 'B T3', 'B T4', 'BL T1', 'CBZ T1', 'CBNZ T1', 'LDREX T1', 'STREX T1', 'LDREXH T1', 'STREXH T1', 'LDREXB T1', 'STREXB T1', 'PUSH T1', 'POP T1',
  'ADD (SP plus immediate) T2', 'SUB (SP minus immediate) T1', 'STR (immediate) T2', 'TBB T1', 'TBH T1', 'BX T1', 'BLX (register) T1', 'MRS T1', 'MSR T1', 'CPS T1', 'hint T1', 'hint T2',
  'SEV T1', 'WFE T1',
];

const narrow = (name: string, bits: number): Encoding => ({ name, bits, length: 2 });
const wide = (name: string, bits: number): Encoding => ({ name, bits: bits | 0, length: 4 });

export function itBlock(random: Random, one: () => Encoding): Encoding[] {
  const condition = random.below(14);
  const count = 1 + random.below(4);
  let mask = 1 << (4 - count);
  for (let index = 1; index < count; index += 1) if (random.chance(50)) mask |= 1 << (4 - index);
  // A then-slot repeats the low bit of the condition, an else-slot inverts it.
  const block = Array.from({ length: count }, one);
  return [{ name: 'IT T1', bits: 0xbf00 | (condition << 4) | mask, length: 2 }, ...block];
}

/** A branch over one instruction. */
export function skip(random: Random, over: Encoding): Encoding[] {
  const { length } = over;
  const condition = random.below(14);
  const wideOffset = length / 2;
  const narrowOffset = (length - 2) / 2;
  const branch = random.pick<Encoding>([
    { name: 'B T1', bits: 0xd000 | (condition << 8) | narrowOffset, length: 2 },
    { name: 'B T2', bits: 0xe000 | narrowOffset, length: 2 },
    { name: 'B T3', bits: (0xf0008000 | (condition << 22) | wideOffset) | 0, length: 4 },
    { name: 'B T4', bits: 0xf000b800 | wideOffset, length: 4 },
    { name: 'BL T1', bits: 0xf000f800 | wideOffset, length: 4 },
    { name: 'CBZ T1', bits: 0xb100 | (narrowOffset << 3) | random.below(8), length: 2 },
    { name: 'CBNZ T1', bits: 0xb900 | (narrowOffset << 3) | random.below(8), length: 2 },
  ]);
  return [branch, over];
}

/** A load and a store exclusive of one size (unlike sizes are UNPREDICTABLE), to the same or another address. */
export function exclusive(random: Random): Encoding[] {
  const [t, d] = [random.below(3), 3 + random.below(3)];
  const one = random.below(4);
  const other = random.chance(70) ? one : random.below(4);
  const registers = (baseRegister << 16) | (t << 12);
  return random.pick<Encoding[]>([
    [
      { name: 'LDREX T1', bits: 0xe8500f00 | registers | one, length: 4 },
      { name: 'STREX T1', bits: 0xe8400000 | registers | (d << 8) | other, length: 4 },
    ],
    [
      { name: 'LDREXH T1', bits: 0xe8d00f5f | registers, length: 4 },
      { name: 'STREXH T1', bits: 0xe8c00f50 | registers | d, length: 4 },
    ],
    [
      { name: 'LDREXB T1', bits: 0xe8d00f4f | registers, length: 4 },
      { name: 'STREXB T1', bits: 0xe8c00f40 | registers | d, length: 4 },
    ],
    // Without a load, or after CLREX, the store fails.
    [
      { name: 'CLREX T1', bits: 0xf3bf8f2f | 0, length: 4 },
      { name: 'STREX T1', bits: 0xe8400000 | registers | (d << 8) | one, length: 4 },
    ],
  ]);
}

/** PUSH and POP and the loads and stores relative to SP, on a stack of their own. Changes R4 and R5. */
export function stack(random: Random, top: number): Encoding[] {
  const list = 1 + random.below(15);
  const room = 4 * (1 + random.below(8));
  const half = (opcode: number, value: number): Encoding => wide('MOVW/MOVT', opcode | ((value >>> 12) << 16) | (((value >>> 11) & 1) << 26) | (((value >>> 8) & 7) << 12) | (4 << 8) | (value & 0xff));
  return [
    narrow('MOV (register) T1', 0x466d), // MOV r5, sp
    half(0xf2400000, top & 0xffff),
    half(0xf2c00000, top >>> 16),
    narrow('MOV (register) T1', 0x46a5), // MOV sp, r4
    narrow('PUSH T1', 0xb400 | (random.below(2) << 8) | list),
    narrow('SUB (SP minus immediate) T1', 0xb080 | (room >> 2)),
    narrow('STR (immediate) T2', 0x9000 | (random.below(4) << 8) | random.below(room >> 2)),
    narrow('LDR (immediate) T2', 0x9800 | (random.below(4) << 8) | random.below(2 * (room >> 2))),
    narrow('ADD (SP plus immediate) T1', 0xa800 | (random.below(4) << 8) | random.below(256)),
    narrow('ADD (SP plus immediate) T2', 0xb000 | (room >> 2)),
    narrow('POP T1', 0xbc00 | (1 + random.below(15))),
    narrow('MOV (register) T1', 0x46ad), // MOV sp, r5
  ];
}

/** TBB or TBH into one of three instructions. Changes R0 and R1. */
export function tableBranch(random: Random): Encoding[] {
  const entry = random.below(3);
  const targets = [1, 2, 3].map((value) => narrow('MOV (immediate) T1', 0x2100 | value));
  const move = narrow('MOV (immediate) T1', 0x2000 | entry);
  // Offsets count in halfwords from the table, which is four bytes or four halfwords long.
  if (random.chance(50)) return [move, wide('TBB T1', 0xe8dff000), narrow('table', 0x0302), narrow('table', 0x0004), ...targets];
  return [move, wide('TBH T1', 0xe8dff010), ...[4, 5, 6, 0].map((offset) => narrow('table', offset)), ...targets];
}

/** BX or BLX over one instruction. Changes R0 and the flags. */
export function jump(random: Random): Encoding[] {
  return [
    narrow('MOV (register) T1', 0x4678), // MOV r0, pc
    narrow('ADD (immediate) T2', 0x3005), // ADDS r0, #5
    random.chance(50) ? narrow('BX T1', 0x4700) : narrow('BLX (register) T1', 0x4780),
    narrow('MOV (immediate) T1', 0x2100 | random.below(256)),
  ];
}

/** Special registers that both cores have alike, and the hints; the state is as before behind it. */
export function special(random: Random): Encoding[] {
  const d = random.below(6);
  return random.pick<Encoding[]>([
    [wide('MRS T1', 0xf3ef8000 | (d << 8) | random.pick([0, 1, 2, 3, 5, 6, 7, 16, 17, 19, 20]))],
    [wide('MSR T1', 0xf3808000 | (random.below(13) << 16) | random.pick([0x400, 0x800, 0xc00]))],
    [narrow('CPS T1', 0xb672), wide('MRS T1', 0xf3ef8010 | (d << 8)), narrow('CPS T1', 0xb662)],
    [narrow('CPS T1', 0xb671), wide('MRS T1', 0xf3ef8013 | (d << 8)), narrow('CPS T1', 0xb661)],
    [narrow('SEV T1', 0xbf40), narrow('WFE T1', 0xbf20)],
    [narrow('hint T1', 0xbf10), wide('hint T2', 0xf3af8000 | random.below(2))],
  ]);
}
