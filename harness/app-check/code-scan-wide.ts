import type { Address } from '../units/index.js';
import type { ScanState } from './code-scan-state.js';

/** ThumbExpandImm (DDI 0403E, A5.3.2). */
function expand(imm12: number): number {
  const byte = imm12 & 0xff;
  if (imm12 < 0x400) {
    switch (imm12 >> 8) {
      case 0: return byte;
      case 1: return (byte << 16) | byte;
      case 2: return (byte << 24) | (byte << 8);
      default: return (byte << 24) | (byte << 16) | (byte << 8) | byte;
    }
  }
  const value = 0x80 | (imm12 & 0x7f);
  const rotation = imm12 >> 7;
  return (value >>> rotation) | (value << (32 - rotation));
}

/** One 32-bit instruction (A5.3). What it does not follow leaves its destination unknown. */
export function decodeWide(state: ScanState, pc: Address, first: number, second: number): void {
  const op1 = (first >> 11) & 3;
  const rn = first & 15;
  const rt = second >> 12;
  const rd = (second >> 8) & 15;
  if (op1 === 1) {
    if ((first >> 9) & 2) {
      // Coprocessors 10 and 11 are the FPU (A5.3.18).
      if ((second & 0xe00) === 0xa00) state.floatingPoint(pc);
      else state.clear(rt);
      return;
    }
    if (((first >> 9) & 3) === 1) return shifted(state, first, second);
    if (first & 0x40) return dual(state, pc, first, second);
    return multiple(state, pc, first, second);
  }
  if (op1 === 2) {
    if (second & 0x8000) return branches(state, pc, first, second);
    const imm12 = ((first & 0x400) << 1) | ((second >> 4) & 0x700) | (second & 0xff);
    return first & 0x200 ? plain(state, pc, first, second, imm12) : modified(state, first, second, expand(imm12));
  }
  if (op1 === 3 && (first & 0xec00) === 0xec00) {
    if ((second & 0xe00) === 0xa00) state.floatingPoint(pc);
    return;
  }
  if (((first >> 9) & 3) === 0) {
    const size = ([1, 2, 4] as const)[(first >> 5) & 3];
    if (size === undefined) return state.tick();
    if (!(first & 0x10)) return single(state, pc, first, second, size);
    if (rn === 15) {
      if (size !== 4) return state.clear(rt);
      if (rt === 15) return state.leave();
      return state.load(rt, (((pc + 4) & ~3) >>> 0) + (first & 0x80 ? second & 0xfff : -(second & 0xfff)));
    }
    if (rt === 15) return state.leave();
    if (first & 0x80) return state.loadFrom(rt, rn, second & 0xfff, size);
    state.clear(rt);
    if (second & 0x800 && second & 0x100) state.clear(rn);
    return;
  }
  // Register shifts, multiplications, divisions.
  state.clear(rd);
  if (((first >> 7) & 7) === 7) state.clear(rt);
}

/** Single stores (A5.3.10): 12-bit offset, 8-bit offset with or without write-back, register. */
function single(state: ScanState, pc: Address, first: number, second: number, size: 1 | 2 | 4): void {
  const rn = first & 15;
  const rt = second >> 12;
  if (first & 0x80) return state.store(pc, rt, rn, second & 0xfff, size);
  if (!(second & 0x800)) return state.tick();
  const offset = second & 0x200 ? second & 0xff : -(second & 0xff);
  const before = second & 0x400 ? offset : 0;
  state.store(pc, rt, rn, before, size);
  if (second & 0x100) state.add(rn, rn, offset);
}

/** STRD, LDRD, exclusives, table branches (A5.3.6). */
function dual(state: ScanState, pc: Address, first: number, second: number): void {
  const rn = first & 15;
  const [rt, rt2] = [second >> 12, (second >> 8) & 15];
  const preIndexed = (first & 0x100) !== 0;
  const writeBack = (first & 0x20) !== 0;
  if (!preIndexed && !writeBack) {
    if ((first & 0xfff0) === 0xe8d0 && (second & 0xe0) === 0) return state.leave();
    return state.clear(first & 0x10 ? rt : rt2);
  }
  const offset = (first & 0x80 ? 1 : -1) * (second & 0xff) * 4;
  if (first & 0x10) {
    state.clear(rt);
    state.clear(rt2);
  } else {
    state.store(pc, rt, rn, preIndexed ? offset : 0, 4);
    state.store(pc, rt2, rn, preIndexed ? offset + 4 : 4, 4);
  }
  if (writeBack) state.add(rn, rn, offset);
}

/** LDM, STM, PUSH.W, POP.W (A5.3.5). */
function multiple(state: ScanState, pc: Address, first: number, second: number): void {
  const rn = first & 15;
  const writeBack = (first & 0x20) !== 0;
  const loads = (first & 0x10) !== 0;
  const before = ((first >> 7) & 3) === 2;
  if (rn === 13 && writeBack) return loads ? state.pop(second) : state.push(second);
  if (loads) return state.loadMultiple(rn, second);
  if (!before) return state.storeMultiple(pc, rn, second, writeBack);
  state.clear(rn);
}

/** Data processing with a shifted register (A5.3.11). */
function shifted(state: ScanState, first: number, second: number): void {
  const [rn, rd, rm] = [first & 15, (second >> 8) & 15, second & 15];
  const amount = ((second >> 10) & 0x1c) | ((second >> 6) & 3);
  const type = (second >> 4) & 3;
  const operation = (first >> 5) & 15;
  const shift = (value: number): number => (type === 0 ? value << amount : type === 1 ? (amount === 0 ? 0 : value >>> amount) : type === 2 ? value >> (amount || 31) : (value >>> amount) | (value << (32 - amount)));
  if (operation === 2 && rn === 15) return amount === 0 && type === 0 ? state.copy(rd, rm) : state.compute(rd, rm, shift);
  const known = ({ 0: (a, b) => a & b, 1: (a, b) => a & ~b, 2: (a, b) => a | b, 4: (a, b) => a ^ b, 8: (a, b) => a + b, 13: (a, b) => a - b } as Record<number, (a: number, b: number) => number>)[operation];
  if (rd === 15) return state.tick();
  if (known === undefined) return state.clear(rd);
  state.combine(rd, rn, rm, (a, b) => known(a, shift(b)));
}

/** Data processing with a modified immediate (A5.3.1). */
function modified(state: ScanState, first: number, second: number, value: number): void {
  const [rn, rd] = [first & 15, (second >> 8) & 15];
  if (rd === 15) return state.tick();
  switch ((first >> 5) & 15) {
    case 0b0000: return state.compute(rd, rn, (a) => a & value);
    case 0b0001: return state.compute(rd, rn, (a) => a & ~value);
    case 0b0010: return rn === 15 ? state.set(rd, value) : state.compute(rd, rn, (a) => a | value);
    case 0b0011: return rn === 15 ? state.set(rd, ~value) : state.compute(rd, rn, (a) => a | ~value);
    case 0b0100: return state.compute(rd, rn, (a) => a ^ value);
    case 0b1000: return state.add(rd, rn, value);
    case 0b1101: return state.add(rd, rn, -value);
    default: return state.clear(rd);
  }
}

/** Data processing with a plain immediate (A5.3.3). */
function plain(state: ScanState, pc: Address, first: number, second: number, imm12: number): void {
  const [rn, rd] = [first & 15, (second >> 8) & 15];
  const imm16 = (rn << 12) | imm12;
  switch ((first >> 4) & 31) {
    case 0b00000: return rn === 15 ? state.set(rd, ((pc + 4) & ~3) + imm12) : state.add(rd, rn, imm12);
    case 0b01010: return rn === 15 ? state.set(rd, ((pc + 4) & ~3) - imm12) : state.add(rd, rn, -imm12);
    case 0b00100: return state.set(rd, imm16);
    case 0b01100: return state.compute(rd, rd, (value) => (value & 0xffff) | (imm16 << 16));
    default: return state.clear(rd);
  }
}

/** A5.3.4 */
function branches(state: ScanState, pc: Address, first: number, second: number): void {
  const s = (first >> 10) & 1;
  const [j1, j2] = [(second >> 13) & 1, (second >> 11) & 1];
  if ((second & 0x5000) === 0) {
    const condition = (first >> 6) & 15;
    if (condition >= 14) return state.tick();
    const offset = ((s ? -1 : 0) << 20) | (j2 << 19) | (j1 << 18) | ((first & 0x3f) << 12) | ((second & 0x7ff) << 1);
    return state.branch(pc, pc + 4 + offset, false);
  }
  const [i1, i2] = [j1 ^ s ^ 1, j2 ^ s ^ 1];
  const offset = ((s ? -1 : 0) << 24) | (i1 << 23) | (i2 << 22) | ((first & 0x3ff) << 12) | ((second & 0x7ff) << 1);
  if (second & 0x4000) return state.called(pc, pc + 4 + offset);
  state.branch(pc, pc + 4 + offset, true);
}
