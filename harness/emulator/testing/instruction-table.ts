/** The table of instructions in docs/instructions.md: every row of the decoder, who executes it, and what it is compared with. */
import { decodeBits, isWide, lookUp, narrowTable, undefinedInstruction, wideTable } from '../cpu/decode.js';
import { directBranch, hotOperation } from '../cpu/hot-operations.js';
import { Op } from '../cpu/operations.js';
import type { CompiledRow } from '../cpu/rows.js';
import { coprocessor } from '../cpu/system-handlers.js';
import { floatRows } from './float-encodings.js';
import { dataRows, memoryRows } from './instruction-encodings.js';
import { sequenceRows } from './instruction-sequences.js';
import { Random } from './random.js';

/** Tried for each row, with fixed seed, to see which of its encodings are allocated and how they are executed. */
const samples = 400;
/** One in so many 32-bit encodings is looked at for the shares; a prime, so that no field is left out. */
const stride = 4099;

const integerRows = new Set([...dataRows, ...memoryRows]);
const comparedWith = (name: string): string => {
  if (integerRows.has(name)) return 'QEMU, random integer streams';
  if (floatRows.includes(name)) return 'QEMU, random floating-point streams';
  if (sequenceRows.includes(name)) return 'QEMU, random sequences';
  return ownTests.get(name) ?? 'nothing';
};

/** What a stream cannot contain. */
const ownTests = new Map<string, string>([
  ['WFI T1', 'exceptions.spec.ts'], ['BKPT T1', 'semihosting of every program on QEMU; debug-space.spec.ts'], ['UDF T1', 'QEMU, fault matrix'], ['UDF T2', 'QEMU, fault matrix'],
  ['SVC T1', 'QEMU, fault matrix'], ['coprocessor', 'QEMU, fault matrix; float.spec.ts'],
]);

function executedBy(row: CompiledRow, wide: boolean, random: Random): string {
  const by = new Set<string>();
  for (let index = 0; index < samples; index += 1) {
    const bits = ((random.bits() & ~row.mask) | row.value) & (wide ? -1 : 0xffff);
    const { name, handler, a, b, c } = decodeBits(bits, wide, 0x1000, false);
    if (name !== row.name && handler !== undefinedInstruction) continue;
    if (handler === undefinedInstruction || (handler === coprocessor && row.name !== 'coprocessor')) by.add('UNDEFINED');
    else by.add(directBranch(handler, a, b) !== undefined || hotOperation(handler, a | 0, b | 0, c | 0) !== Op.CALL ? 'loop' : 'handler');
  }
  return ['loop', 'handler', 'UNDEFINED'].filter((kind) => by.has(kind)).join(', ');
}

function table(rows: readonly CompiledRow[], wide: boolean): string[] {
  const random = new Random(1);
  return [
    '| instruction | encoding | executed by | compared with |',
    '|---|---|---|---|',
    ...rows.map((row) => `| ${row.name} | \`${row.bits.replaceAll('|', '\\|')}\` | ${executedBy(row, wide, random)} | ${comparedWith(row.name)} |`),
  ];
}

function narrowShare(): string {
  let allocated = 0;
  let total = 0;
  for (let bits = 0; bits < 0x10000; bits += 1) {
    if (isWide(bits)) continue;
    total += 1;
    if (decodeBits(bits, false, 0x1000, false).handler !== undefinedInstruction) allocated += 1;
  }
  return `${allocated} of ${total}`;
}

function wideShare(): string {
  let allocated = 0;
  let withRow = 0;
  let total = 0;
  for (let bits = 0xe8000000; bits <= 0xffffffff; bits += stride) {
    if (!isWide(bits >>> 16)) continue;
    total += 1;
    if (lookUp(wideTable, bits | 0) === undefined) continue;
    withRow += 1;
    const { handler } = decodeBits(bits | 0, true, 0x1000, false);
    if (handler !== undefinedInstruction && handler !== coprocessor) allocated += 1;
  }
  const percent = (count: number): string => `${((100 * count) / total).toFixed(1)} %`;
  return `of every ${stride}th 32-bit encoding ${percent(allocated)} are instructions, ${percent(total - withRow)} belong to no row and raise UNDEFINSTR; the others are UNDEFINED or UNPREDICTABLE encodings of a row, or of a coprocessor that is not there (NOCP)`;
}

export function instructionTable(): string {
  return [
    '# Instructions of the emulated core',
    '',
    'Generated from the decoder (`harness/emulator/testing/instruction-table.ts`); its spec compares this file with it. To write it anew:',
    '`ROT_HIL_WRITE_DOCS=1 node --experimental-vm-modules node_modules/jest/bin/jest.js instruction-table`.',
    '',
    'Encodings as in the Armv7-M manual (DDI 0403E): 0 and 1 are fixed, a letter is a field, - is not looked at. *Loop*: the hot loop executes it by itself; *handler*: by a function of its own; *UNDEFINED*: some encodings',
    'of the row are UNDEFINED or UNPREDICTABLE and raise UNDEFINSTR. A more specific row stands before a general one.',
    '',
    `Shares: ${narrowShare()} 16-bit encodings are instructions; ${wideShare()}.`,
    '',
    `## 16-bit instructions (${narrowTable.length} rows)`,
    '',
    ...table(narrowTable, false),
    '',
    `## 32-bit instructions (${wideTable.length} rows)`,
    '',
    ...table(wideTable, true),
    '',
  ].join('\n');
}
