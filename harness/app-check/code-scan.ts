import type { Address } from '../units/index.js';
import { decodeWide } from './code-scan-wide.js';
import type { CodeScan, ScanRequest } from './code-scan-result.js';
import { ScanState } from './code-scan-state.js';

const lrPc = { lr: 14, pc: 15 } as const;

/**
 * Follows constants through Thumb code, function by function and in the order of the addresses, to learn what it stores into registers of the core and the clock,
 * and with which arguments it calls. It is no execution: a value that differs between two ways to an instruction is unknown, loops are run once.
 * Encodings: Armv7-M Architecture Reference Manual, DDI 0403E, A5.
 */
export function scanCode(request: ScanRequest): CodeScan {
  const { base, bytes } = request;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const state = new ScanState(view, base, request);
  const end = bytes.length - 1;
  let next = 0;
  const { functions } = request;
  while (next < functions.length && functions[next]! < base) next += 1;
  let following = functions[next] ?? Infinity;
  for (let at = 0; at < end; ) {
    const pc = base + at;
    if (pc >= following) {
      const start = functions[next]!;
      while (next < functions.length && functions[next]! <= pc) next += 1;
      following = functions[next] ?? Infinity;
      state.enter(start, following === Infinity ? base + bytes.length : following);
    } else state.join(pc);
    if ((pc & 2) === 0 && state.isLiteral(pc)) {
      at += 4;
      continue;
    }
    const first = view.getUint16(at, true);
    if (first >= 0xe800) {
      if (at + 4 > bytes.length) break;
      decodeWide(state, pc, first, view.getUint16(at + 2, true));
      at += 4;
    } else {
      decodeNarrow(state, pc, first);
      at += 2;
    }
  }
  return state.result();
}

/** One 16-bit instruction (A5.2). */
function decodeNarrow(state: ScanState, pc: Address, code: number): void {
  const low = code & 7;
  const mid = (code >> 3) & 7;
  const imm8 = code & 0xff;
  const rd8 = (code >> 8) & 7;
  const imm5 = (code >> 6) & 31;
  switch (code >> 11) {
    case 0b00000: return imm5 === 0 ? state.copy(low, mid) : state.compute(low, mid, (value) => value << imm5);
    case 0b00001: return state.compute(low, mid, (value) => (imm5 === 0 ? 0 : value >>> imm5));
    case 0b00010: return state.compute(low, mid, (value) => value >> (imm5 || 31));
    case 0b00011: {
      const third = (code >> 6) & 7;
      const sign = code & 0x200 ? -1 : 1;
      return code & 0x400 ? state.add(low, mid, sign * third) : state.combine(low, mid, third, (a, b) => a + sign * b);
    }
    case 0b00100: return state.set(rd8, imm8);
    case 0b00101: return state.tick();
    case 0b00110: return state.add(rd8, rd8, imm8);
    case 0b00111: return state.add(rd8, rd8, -imm8);
    case 0b01000: return code & 0x400 ? highRegisters(state, pc, code) : dataProcessing(state, code);
    case 0b01001: return state.load(rd8, (((pc + 4) & ~3) >>> 0) + imm8 * 4);
    case 0b01010: case 0b01011: {
      const kind = (code >> 9) & 7;
      return kind < 3 ? state.storeIndexed(pc, low, mid, (code >> 6) & 7, [4, 2, 1][kind]!) : state.clear(low);
    }
    case 0b01100: return state.store(pc, low, mid, imm5 * 4, 4);
    case 0b01101: return state.loadFrom(low, mid, imm5 * 4, 4);
    case 0b01110: return state.store(pc, low, mid, imm5, 1);
    case 0b01111: return state.loadFrom(low, mid, imm5, 1);
    case 0b10000: return state.store(pc, low, mid, imm5 * 2, 2);
    case 0b10001: return state.loadFrom(low, mid, imm5 * 2, 2);
    case 0b10010: return state.store(pc, rd8, 13, imm8 * 4, 4);
    case 0b10011: return state.loadFrom(rd8, 13, imm8 * 4, 4);
    case 0b10100: return state.set(rd8, ((pc + 4) & ~3) + imm8 * 4);
    case 0b10101: return state.add(rd8, 13, imm8 * 4);
    case 0b10110: case 0b10111: return miscellaneous(state, pc, code);
    case 0b11000: return state.storeMultiple(pc, rd8, imm8, true);
    case 0b11001: return state.loadMultiple(rd8, imm8);
    case 0b11010: case 0b11011: {
      const condition = (code >> 8) & 15;
      if (condition < 14) state.branch(pc, pc + 4 + ((code << 24) >> 23), false);
      return;
    }
    default: return state.branch(pc, pc + 4 + ((code << 21) >> 20), true);
  }
}

/** A5.2.2 */
function dataProcessing(state: ScanState, code: number): void {
  const low = code & 7;
  const mid = (code >> 3) & 7;
  switch ((code >> 6) & 15) {
    case 0b0000: return state.combine(low, low, mid, (a, b) => a & b);
    case 0b0001: return state.combine(low, low, mid, (a, b) => a ^ b);
    case 0b0010: return state.combine(low, low, mid, (a, b) => a << (b & 31));
    case 0b0011: return state.combine(low, low, mid, (a, b) => a >>> (b & 31));
    case 0b1000: case 0b1010: case 0b1011: return state.tick();
    case 0b1100: return state.combine(low, low, mid, (a, b) => a | b);
    case 0b1110: return state.combine(low, low, mid, (a, b) => a & ~b);
    case 0b1111: return state.compute(low, mid, (value) => ~value);
    default: return state.clear(low);
  }
}

/** A5.2.3 */
function highRegisters(state: ScanState, pc: Address, code: number): void {
  const rm = (code >> 3) & 15;
  const rd = (code & 7) | ((code >> 4) & 8);
  switch ((code >> 8) & 3) {
    case 0: return rd === lrPc.pc ? state.leave() : state.combine(rd, rd, rm, (a, b) => a + b);
    case 1: return state.tick();
    case 2: return rd === lrPc.pc ? state.leave() : state.copy(rd, rm);
    default:
      if (code & 0x80) return state.called(pc, undefined);
      state.leave();
  }
}

/** A5.2.5 */
function miscellaneous(state: ScanState, pc: Address, code: number): void {
  const group = (code >> 8) & 15;
  if (group === 0) return state.moveStack(code & 0x80 ? -(code & 0x7f) * 4 : (code & 0x7f) * 4);
  if ((group & 5) === 1) return state.branch(pc, pc + 4 + (((code >> 3) & 31) * 2 | (code & 0x200 ? 64 : 0)), false);
  if (group === 2) return state.clear(code & 7);
  if (group === 4 || group === 5) return state.push((code & 0xff) | (code & 0x100 ? 1 << lrPc.lr : 0));
  if (group === 0xc || group === 0xd) {
    state.pop((code & 0xff) | (code & 0x100 ? 1 << lrPc.pc : 0));
    return;
  }
  if (group === 0xa) return state.clear(code & 7);
  // IT makes the next up to four conditional: what they compute holds on one way only.
  if (group === 0xf && (code & 15) !== 0) {
    const mask = code & 15;
    state.conditional(mask & 1 ? 4 : mask & 2 ? 3 : mask & 4 ? 2 : 1);
  }
}
