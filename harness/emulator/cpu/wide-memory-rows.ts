/** 32-bit loads and stores (DDI 0403E A5.3.5–A5.3.10). */
import type { Handler } from './context.js';
import * as branch from './branch-handlers.js';
import * as memory from './memory-handlers.js';
import { Kind } from './memory-handlers.js';
import { alignStackPointer } from './data-handlers.js';
import type { Fields, Operation, Place, Row } from './rows.js';
import * as system from './system-handlers.js';

interface Access {
  readonly name: string;
  /** Bits 24–20 of the encoding around the size: sign bit, size, load. */
  readonly code: readonly [sign: string, size: string, load: string];
  readonly kind: number;
  readonly offset: Handler;
  readonly indexed: Handler;
}

const accesses: readonly Access[] = [
  { name: 'LDR', code: ['0', '10', '1'], kind: Kind.word, offset: memory.loadWord, indexed: memory.loadWordIndexed },
  { name: 'LDRH', code: ['0', '01', '1'], kind: Kind.half, offset: memory.loadHalf, indexed: memory.loadHalfIndexed },
  { name: 'LDRB', code: ['0', '00', '1'], kind: Kind.byte, offset: memory.loadByte, indexed: memory.loadByteIndexed },
  { name: 'LDRSH', code: ['1', '01', '1'], kind: Kind.signedHalf, offset: memory.loadSignedHalf, indexed: memory.loadSignedHalfIndexed },
  { name: 'LDRSB', code: ['1', '00', '1'], kind: Kind.signedByte, offset: memory.loadSignedByte, indexed: memory.loadSignedByteIndexed },
  { name: 'STR', code: ['0', '10', '0'], kind: Kind.storeWord, offset: memory.storeWord, indexed: memory.storeWordIndexed },
  { name: 'STRH', code: ['0', '01', '0'], kind: Kind.storeHalf, offset: memory.storeHalf, indexed: memory.storeHalfIndexed },
  { name: 'STRB', code: ['0', '00', '0'], kind: Kind.storeByte, offset: memory.storeByte, indexed: memory.storeByteIndexed },
];

/** Rt 15 is a branch for words, a preload hint for bytes and halfwords. */
const toPc = (access: Access, branchOperation: Operation, hint: boolean): Operation => {
  if (access.kind === Kind.word) return branchOperation;
  return access.kind <= Kind.signedByte && hint ? [system.nothing] : undefined;
};

/** A word that is loaded into SP loses bits 1:0. */
const intoRegister = (handler: Handler, t: number): Handler => (t === 13 ? alignStackPointer(handler) : handler);

function rowsOf(access: Access): Row[] {
  const [sign, size, load] = access.code;
  const store = load === '0';
  const start = `1111100 ${sign}`;
  return [
    {
      name: `${access.name} (immediate) T3`,
      bits: `${start} 1 ${size} ${load} nnnn tttt iiiiiiiiiiii`,
      emit: ({ n, t, i }) => {
        if (n === 15 && store) return undefined;
        return t === 15 ? toPc(access, [memory.loadPc, 0, n, i], true) : [intoRegister(access.offset, t!), t, n, i];
      },
    },
    {
      name: `${access.name} (immediate) T4`,
      bits: `${start} 0 ${size} ${load} nnnn tttt 1 puw iiiiiiii`,
      emit: (fields) => indexedImmediate(access, fields),
    },
    {
      name: `${access.name} (register) T2`,
      bits: `${start} 0 ${size} ${load} nnnn tttt 000000 ss mmmm`,
      emit: ({ n, t, m, s }) => {
        if (n === 15 && store) return undefined;
        return t === 15 ? toPc(access, [memory.loadPcIndexed, 0, n! | (m! << 4), s], true) : [intoRegister(access.indexed, t!), t, n! | (m! << 4), s];
      },
    },
    ...(store
      ? []
      : [
          {
            // Rn 15 is a literal whatever the bits of the offset look like.
            first: true,
            name: `${access.name} (literal) T2`,
            bits: `${start} u ${size} 1 1111 tttt iiiiiiiiiiii`,
            emit: ({ u, t, i }: Fields, { at }: Place): Operation => {
              const address = ((at + 4) & ~3) + (u ? i! : -i!);
              if (t === 15) return toPc(access, [memory.loadPcAt, 0, address], true);
              return access.kind === Kind.word ? [intoRegister(memory.loadWordAt, t!), t, address] : [memory.literal, t! | (access.kind << 8), address];
            },
          },
        ]),
  ];
}

/** Offset −imm8, pre- and post-indexed, and the unprivileged forms. */
function indexedImmediate(access: Access, { n, t, p, u, w, i }: Fields): Operation {
  if (n === 15 || (!p && !w)) return undefined;
  const offset = u ? i! : -i!;
  if (p && u && !w) return t === 15 ? undefined : [memory.unprivileged, t! | (access.kind << 8), n, offset];
  if (t === 15) {
    if (access.kind === Kind.word) return w ? [memory.loadPcWriteBack, n, offset, p] : [memory.loadPc, 0, n, offset];
    return p && !u && !w ? toPc(access, undefined, true) : undefined;
  }
  return w ? [intoRegister(memory.writeBack, t!), t! | (n! << 4) | (access.kind << 8), offset, p] : [intoRegister(access.offset, t!), t, n, offset];
}

const double = (load: boolean) => ({ n, t, v, p, u, w, i }: Fields, { at }: Place): Operation => {
  const offset = (u ? i! : -i!) * 4;
  if (n === 15) return load && p && !w ? [memory.loadDoubleAt, t! | (v! << 4), ((at + 4) & ~3) + offset] : undefined;
  return [load ? memory.loadDouble : memory.storeDouble, t! | (v! << 4) | (n! << 8), offset, p! | (w! << 1)];
};

const multiple = (handler: Handler, load: boolean) => ({ n, w, r }: Fields): Operation => {
  // Rn 15, an empty or single list, SP in the list, PC in a store, PC and LR together are UNPREDICTABLE: refused as UNDEFINED.
  if (n === 15 || (r! & 0x2000) !== 0 || (r! & (r! - 1)) === 0) return undefined;
  if (load ? (r! & 0xc000) === 0xc000 : (r! & 0x8000) !== 0) return undefined;
  return [handler, n, r, w];
};

export const wideMemoryRows: readonly Row[] = [
  ...accesses.flatMap(rowsOf),
  { name: 'STM T2', bits: '11101 00 010 w 0 nnnn rrrrrrrrrrrrrrrr', emit: multiple(memory.storeMultiple, false) },
  { name: 'LDM T2', bits: '11101 00 010 w 1 nnnn rrrrrrrrrrrrrrrr', emit: multiple(memory.loadMultiple, true) },
  { name: 'STMDB T1', bits: '11101 00 100 w 0 nnnn rrrrrrrrrrrrrrrr', emit: multiple(memory.storeMultipleBefore, false) },
  { name: 'LDMDB T1', bits: '11101 00 100 w 1 nnnn rrrrrrrrrrrrrrrr', emit: multiple(memory.loadMultipleBefore, true) },
  { name: 'STRD T1 (pre)', bits: '11101 00 p u 1 w 0 nnnn tttt vvvv iiiiiiii', emit: (fields, place) => (fields['p'] || fields['w'] ? double(false)(fields, place) : undefined) },
  { name: 'LDRD T1 (pre)', bits: '11101 00 p u 1 w 1 nnnn tttt vvvv iiiiiiii', emit: (fields, place) => (fields['p'] || fields['w'] ? double(true)(fields, place) : undefined) },
  { name: 'STREX T1', bits: '11101 00 0010 0 nnnn tttt dddd iiiiiiii', emit: ({ n, t, d, i }) => [memory.storeExclusive, d! | (t! << 4), n, i! * 4] },
  { name: 'LDREX T1', bits: '11101 00 0010 1 nnnn tttt 1111 iiiiiiii', emit: ({ n, t, i }) => [memory.loadExclusive, t, n, i! * 4] },
  { name: 'STREXB T1', bits: '11101 00 0110 0 nnnn tttt 1111 0100 dddd', emit: ({ n, t, d }) => [memory.storeExclusiveByte, d! | (t! << 4), n] },
  { name: 'STREXH T1', bits: '11101 00 0110 0 nnnn tttt 1111 0101 dddd', emit: ({ n, t, d }) => [memory.storeExclusiveHalf, d! | (t! << 4), n] },
  { name: 'TBB T1', bits: '11101 00 0110 1 nnnn 1111 0000 0000 mmmm', emit: ({ n, m }, { at }) => [branch.tableByte, n, m, at + 4] },
  { name: 'TBH T1', bits: '11101 00 0110 1 nnnn 1111 0000 0001 mmmm', emit: ({ n, m }, { at }) => [branch.tableHalf, n, m, at + 4] },
  { name: 'LDREXB T1', bits: '11101 00 0110 1 nnnn tttt 1111 0100 1111', emit: ({ n, t }) => [memory.loadExclusiveByte, t, n] },
  { name: 'LDREXH T1', bits: '11101 00 0110 1 nnnn tttt 1111 0101 1111', emit: ({ n, t }) => [memory.loadExclusiveHalf, t, n] },
];
