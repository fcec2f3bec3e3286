/** Floating-point loads, stores and moves between the two register files. Memory is read and written by words (MemA). */
import type { Context, Handler } from './context.js';

const ready = (core: Context): void => { if (!core.fpu.ready) core.fpu.prepare(); };

/** a = S register, b = Rn, c = offset. */
export const loadSingle: Handler = (core, a, b, c) => {
  ready(core);
  const address = core.r[b]! + c;
  core.alignedOnly(address);
  core.fpu.words[a] = core.load32(address);
};
/** b = address. */
export const loadSingleAt: Handler = (core, a, b) => {
  ready(core);
  core.fpu.words[a] = core.load32(b);
};
export const storeSingle: Handler = (core, a, b, c) => {
  ready(core);
  const address = core.r[b]! + c;
  core.alignedOnly(address);
  core.store32(address, core.fpu.words[a]!);
};

function loadDoubleFrom(core: Context, register: number, address: number): void {
  core.alignedOnly(address);
  const low = core.load32(address);
  const high = core.load32(address + 4);
  core.fpu.words[2 * register] = low;
  core.fpu.words[2 * register + 1] = high;
}
/** a = D register, b = Rn, c = offset. */
export const loadDouble: Handler = (core, a, b, c) => {
  ready(core);
  loadDoubleFrom(core, a, core.r[b]! + c);
};
/** b = address. */
export const loadDoubleAt: Handler = (core, a, b) => {
  ready(core);
  loadDoubleFrom(core, a, b);
};
export const storeDouble: Handler = (core, a, b, c) => {
  ready(core);
  const address = core.r[b]! + c;
  core.alignedOnly(address);
  core.store32(address, core.fpu.words[2 * a]!);
  core.store32(address + 4, core.fpu.words[2 * a + 1]!);
};

/** VLDM, VSTM: a = first word register | words << 8, b = Rn | write-back << 4 | descending << 5, c = change of the base in bytes. */
export const loadMultiple: Handler = (core, a, b, c) => {
  ready(core);
  const n = b & 0xf;
  const count = a >>> 8;
  const base = core.r[n]!;
  const address = b & 0x20 ? base - c : base;
  core.alignedOnly(address);
  // Nothing changes before every word has been read: a fault in the middle can be repeated.
  const loaded = new Int32Array(count);
  for (let index = 0; index < count; index += 1) loaded[index] = core.load32(address + 4 * index);
  core.fpu.words.set(loaded, a & 0xff);
  if (b & 0x10) core.r[n] = b & 0x20 ? base - c : base + c;
};
export const storeMultiple: Handler = (core, a, b, c) => {
  ready(core);
  const n = b & 0xf;
  const count = a >>> 8;
  const base = core.r[n]!;
  const address = b & 0x20 ? base - c : base;
  core.alignedOnly(address);
  const first = a & 0xff;
  for (let index = 0; index < count; index += 1) core.store32(address + 4 * index, core.fpu.words[first + index]!);
  if (b & 0x10) core.r[n] = b & 0x20 ? base - c : base + c;
};

/** Between Rt (b) and a word register (a); a D register's halves are word registers. */
export const toCore: Handler = (core, a, b) => {
  ready(core);
  core.r[b] = core.fpu.words[a]!;
};
export const fromCore: Handler = (core, a, b) => {
  ready(core);
  core.fpu.words[a] = core.r[b]!;
};
/** Two words: a = first word register, b = Rt, c = Rt2. */
export const pairToCore: Handler = (core, a, b, c) => {
  ready(core);
  core.r[b] = core.fpu.words[a]!;
  core.r[c] = core.fpu.words[a + 1]!;
};
export const pairFromCore: Handler = (core, a, b, c) => {
  ready(core);
  core.fpu.words[a] = core.r[b]!;
  core.fpu.words[a + 1] = core.r[c]!;
};
