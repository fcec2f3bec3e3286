/** Loads and stores. Operands: a = Rt, b = Rn, c = offset, unless a handler says otherwise. */
import type { Context, Handler } from './context.js';

export const loadWord: Handler = (core, a, b, c) => { core.r[a] = core.load32(core.r[b]! + c); };
export const loadHalf: Handler = (core, a, b, c) => { core.r[a] = core.load16(core.r[b]! + c); };
export const loadByte: Handler = (core, a, b, c) => { core.r[a] = core.load8(core.r[b]! + c); };
export const loadSignedHalf: Handler = (core, a, b, c) => { core.r[a] = (core.load16(core.r[b]! + c) << 16) >> 16; };
export const loadSignedByte: Handler = (core, a, b, c) => { core.r[a] = (core.load8(core.r[b]! + c) << 24) >> 24; };
export const storeWord: Handler = (core, a, b, c) => { core.store32(core.r[b]! + c, core.r[a]!); };
export const storeHalf: Handler = (core, a, b, c) => { core.store16(core.r[b]! + c, core.r[a]!); };
export const storeByte: Handler = (core, a, b, c) => { core.store8(core.r[b]! + c, core.r[a]!); };

// Register offset: b = Rn | Rm << 4, c = left shift of Rm.
const sum = (core: Context, b: number, c: number): number => core.r[b & 0xf]! + (core.r[b >>> 4]! << c);
export const loadWordIndexed: Handler = (core, a, b, c) => { core.r[a] = core.load32(sum(core, b, c)); };
export const loadHalfIndexed: Handler = (core, a, b, c) => { core.r[a] = core.load16(sum(core, b, c)); };
export const loadByteIndexed: Handler = (core, a, b, c) => { core.r[a] = core.load8(sum(core, b, c)); };
export const loadSignedHalfIndexed: Handler = (core, a, b, c) => { core.r[a] = (core.load16(sum(core, b, c)) << 16) >> 16; };
export const loadSignedByteIndexed: Handler = (core, a, b, c) => { core.r[a] = (core.load8(sum(core, b, c)) << 24) >> 24; };
export const storeWordIndexed: Handler = (core, a, b, c) => { core.store32(sum(core, b, c), core.r[a]!); };
export const storeHalfIndexed: Handler = (core, a, b, c) => { core.store16(sum(core, b, c), core.r[a]!); };
export const storeByteIndexed: Handler = (core, a, b, c) => { core.store8(sum(core, b, c), core.r[a]!); };

/** Literal: b = address. */
export const loadWordAt: Handler = (core, a, b) => { core.r[a] = core.load32(b); };

/** Kinds of access where one handler serves all: write-back, literal, unprivileged. */
export const Kind = { word: 0, half: 1, byte: 2, signedHalf: 3, signedByte: 4, storeWord: 5, storeHalf: 6, storeByte: 7 } as const;

function access(core: Context, kind: number, t: number, address: number): void {
  switch (kind) {
    case Kind.word: core.r[t] = core.load32(address); break;
    case Kind.half: core.r[t] = core.load16(address); break;
    case Kind.byte: core.r[t] = core.load8(address); break;
    case Kind.signedHalf: core.r[t] = (core.load16(address) << 16) >> 16; break;
    case Kind.signedByte: core.r[t] = (core.load8(address) << 24) >> 24; break;
    case Kind.storeWord: core.store32(address, core.r[t]!); break;
    case Kind.storeHalf: core.store16(address, core.r[t]!); break;
    default: core.store8(address, core.r[t]!);
  }
}

/** a = Rt | Rn << 4 | kind << 8, b = offset, c: 1 pre-indexed, 0 post-indexed. The base changes only if the access succeeds. */
export const writeBack: Handler = (core, a, b, c) => {
  const n = (a >>> 4) & 0xf;
  const base = core.r[n]!;
  access(core, a >>> 8, a & 0xf, c ? base + b : base);
  core.r[n] = base + b;
};
/** a = Rt | kind << 8, b = address. */
export const literal: Handler = (core, a, b) => { access(core, a >>> 8, a & 0xf, b); };

/** LDRT, STRT: as unprivileged code. a = Rt | kind << 8, b = Rn, c = offset. */
export const unprivileged: Handler = (core, a, b, c) => {
  const address = (core.r[b]! + c) >>> 0;
  const t = a & 0xf;
  switch (a >>> 8) {
    case Kind.word: core.r[t] = core.loadSlowly(address, 4, false); break;
    case Kind.half: core.r[t] = core.loadSlowly(address, 2, false); break;
    case Kind.byte: core.r[t] = core.loadSlowly(address, 1, false); break;
    case Kind.signedHalf: core.r[t] = (core.loadSlowly(address, 2, false) << 16) >> 16; break;
    case Kind.signedByte: core.r[t] = (core.loadSlowly(address, 1, false) << 24) >> 24; break;
    case Kind.storeWord: core.storeSlowly(address, core.r[t]!, 4, false); break;
    case Kind.storeHalf: core.storeSlowly(address, core.r[t]! & 0xffff, 2, false); break;
    default: core.storeSlowly(address, core.r[t]! & 0xff, 1, false);
  }
};

/** LDR PC, [Rn, #c]: b = Rn. */
export const loadPc: Handler = (core, _a, b, c) => {
  const address = core.r[b]! + c;
  core.alignedOnly(address);
  core.branchExchange(core.load32(address));
};
export const loadPcIndexed: Handler = (core, _a, b, c) => {
  const address = sum(core, b, c);
  core.alignedOnly(address);
  core.branchExchange(core.load32(address));
};
export const loadPcAt: Handler = (core, _a, b) => { core.branchExchange(core.load32(b)); };
/** a = Rn, b = offset, c: 1 pre-indexed, 0 post-indexed. */
export const loadPcWriteBack: Handler = (core, a, b, c) => {
  const base = core.r[a]!;
  const address = c ? base + b : base;
  core.alignedOnly(address);
  const target = core.load32(address);
  core.r[a] = base + b;
  core.branchExchange(target);
};

// ---- several registers ----

/** PUSH: a = register list. */
export const push: Handler = (core, a) => { storeDescending(core, 13, a, true); };
/** POP: a = register list. */
export const pop: Handler = (core, a) => { loadList(core, core.r[13]!, a, 13, 4 * count(a)); };
/** LDM (increment after): a = Rn, b = list, c = write-back. */
export const loadMultiple: Handler = (core, a, b, c) => { loadList(core, core.r[a]!, b, a, c ? 4 * count(b) : 0); };
/** LDMDB: a = Rn, b = list, c = write-back. */
export const loadMultipleBefore: Handler = (core, a, b, c) => { loadList(core, core.r[a]! - 4 * count(b), b, a, c ? -4 * count(b) : 0); };
/** STM (increment after): a = Rn, b = list, c = write-back. */
export const storeMultiple: Handler = (core, a, b, c) => {
  const base = core.r[a]!;
  const end = storeList(core, base, b);
  if (c) core.r[a] = end;
};
/** STMDB: a = Rn, b = list, c = write-back. */
export const storeMultipleBefore: Handler = (core, a, b, c) => { storeDescending(core, a, b, c === 1); };

function count(list: number): number {
  let bits = 0;
  for (let rest = list; rest; rest &= rest - 1) bits += 1;
  return bits;
}

function storeList(core: Context, base: number, list: number): number {
  core.alignedOnly(base);
  let address = base;
  for (let register = 0; register < 15; register += 1) {
    if (!((list >>> register) & 1)) continue;
    core.store32(address, core.r[register]!);
    address += 4;
  }
  return address;
}

function storeDescending(core: Context, n: number, list: number, writeBackBase: boolean): void {
  const base = core.r[n]! - 4 * count(list);
  storeList(core, base, list);
  if (writeBackBase) core.r[n] = base;
}

const loaded = new Int32Array(16);

/** Nothing changes before every word has been read: a fault in the middle can be repeated. */
function loadList(core: Context, base: number, list: number, n: number, change: number): void {
  core.alignedOnly(base);
  let address = base;
  for (let register = 0; register < 16; register += 1) {
    if (!((list >>> register) & 1)) continue;
    loaded[register] = core.load32(address);
    address += 4;
  }
  if (change) core.r[n] = core.r[n]! + change;
  for (let register = 0; register < 15; register += 1) if ((list >>> register) & 1) core.r[register] = loaded[register]!;
  if (list & 0x8000) core.branchExchange(loaded[15]!);
}

/** LDRD: a = Rt | Rt2 << 4 | Rn << 8, b = offset, c: bit 0 index (pre), bit 1 write-back. */
export const loadDouble: Handler = (core, a, b, c) => {
  const n = (a >>> 8) & 0xf;
  const base = core.r[n]!;
  const address = c & 1 ? base + b : base;
  core.alignedOnly(address);
  const low = core.load32(address);
  const high = core.load32(address + 4);
  if (c & 2) core.r[n] = base + b;
  core.r[a & 0xf] = low;
  core.r[(a >>> 4) & 0xf] = high;
};
/** LDRD (literal): b = address. */
export const loadDoubleAt: Handler = (core, a, b) => {
  core.alignedOnly(b);
  const low = core.load32(b);
  core.r[(a >>> 4) & 0xf] = core.load32(b + 4);
  core.r[a & 0xf] = low;
};
export const storeDouble: Handler = (core, a, b, c) => {
  const n = (a >>> 8) & 0xf;
  const base = core.r[n]!;
  const address = c & 1 ? base + b : base;
  core.alignedOnly(address);
  core.store32(address, core.r[a & 0xf]!);
  core.store32(address + 4, core.r[(a >>> 4) & 0xf]!);
  if (c & 2) core.r[n] = base + b;
};

// ---- exclusive: one monitor, any address it was opened for ----

const aligned = (core: Context, address: number, size: number): void => { if (address & (size - 1)) core.alignedOnly(1); };
/** LDREX: a = Rt, b = Rn, c = offset. */
export const loadExclusive: Handler = (core, a, b, c) => {
  const address = (core.r[b]! + c) >>> 0;
  aligned(core, address, 4);
  core.r[a] = core.load32(address);
  core.exclusive = address;
};
export const loadExclusiveHalf: Handler = (core, a, b) => {
  const address = core.r[b]! >>> 0;
  aligned(core, address, 2);
  core.r[a] = core.load16(address);
  core.exclusive = address;
};
export const loadExclusiveByte: Handler = (core, a, b) => {
  const address = core.r[b]! >>> 0;
  core.r[a] = core.load8(address);
  core.exclusive = address;
};
/** STREX: a = Rd | Rt << 4, b = Rn, c = offset. */
export const storeExclusive: Handler = (core, a, b, c) => {
  const address = (core.r[b]! + c) >>> 0;
  aligned(core, address, 4);
  if (core.exclusive === address) {
    core.store32(address, core.r[a >>> 4]!);
    core.r[a & 0xf] = 0;
  } else core.r[a & 0xf] = 1;
  core.exclusive = -1;
};
export const storeExclusiveHalf: Handler = (core, a, b) => {
  const address = core.r[b]! >>> 0;
  aligned(core, address, 2);
  if (core.exclusive === address) {
    core.store16(address, core.r[a >>> 4]!);
    core.r[a & 0xf] = 0;
  } else core.r[a & 0xf] = 1;
  core.exclusive = -1;
};
export const storeExclusiveByte: Handler = (core, a, b) => {
  const address = core.r[b]! >>> 0;
  if (core.exclusive === address) {
    core.store8(address, core.r[a >>> 4]!);
    core.r[a & 0xf] = 0;
  } else core.r[a & 0xf] = 1;
  core.exclusive = -1;
};
export const clearExclusive: Handler = (core) => { core.exclusive = -1; };
