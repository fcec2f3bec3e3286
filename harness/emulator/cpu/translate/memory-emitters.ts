/**
 * Translation of loads and stores. What one instruction accesses must lie in one page that is reached plainly and be
 * aligned; all else, and so every fault, is left to the interpreter before anything has changed.
 */
import type { Handler } from '../context.js';
import * as memory from '../memory-handlers.js';
import { Kind } from '../memory-handlers.js';
import { Local } from './layout.js';
import { Untranslatable, type Emitter, type Width } from './emitter.js';
import type { Emit } from './integer-emitters.js';
import { W } from './wasm-code.js';

interface Access {
  readonly width: Width;
  readonly signed: boolean;
  readonly store: boolean;
}

const accesses: Readonly<Record<number, Access>> = {
  [Kind.word]: { width: 4, signed: false, store: false }, [Kind.half]: { width: 2, signed: false, store: false }, [Kind.byte]: { width: 1, signed: false, store: false },
  [Kind.signedHalf]: { width: 2, signed: true, store: false }, [Kind.signedByte]: { width: 1, signed: true, store: false },
  [Kind.storeWord]: { width: 4, signed: false, store: true }, [Kind.storeHalf]: { width: 2, signed: false, store: true }, [Kind.storeByte]: { width: 1, signed: false, store: true },
};

/** Pushes Rn + offset. */
export function pushAddress(e: Emitter, n: number, offset: number): void {
  e.get(n);
  if (offset !== 0) e.code.i32(offset).op(W.i32Add);
}
/** SP is always a multiple of 4. */
export const isAligned = (n: number, offset: number): boolean => n === 13 && (offset & 3) === 0;

/** The address is on the stack. */
function access(e: Emitter, { width, signed, store }: Access, t: number, aligned: boolean): void {
  if (store) e.store(width, () => e.get(t), aligned);
  else {
    e.load(width, signed, aligned);
    e.set(t);
  }
}

const offset = (kind: number): Emit => (e, a, b, c) => {
  pushAddress(e, b, c);
  access(e, accesses[kind]!, a, isAligned(b, c));
};
const indexed = (kind: number): Emit => (e, a, b, c) => {
  e.get(b & 0xf).get(b >>> 4);
  if (c) e.code.i32(c).op(W.i32Shl);
  e.code.op(W.i32Add);
  access(e, accesses[kind]!, a, false);
};

const writeBack: Emit = (e, a, b, c) => {
  const [t, n, kind] = [a & 0xf, (a >>> 4) & 0xf, accesses[a >>> 8]!];
  // UNPREDICTABLE.
  if (t === n) throw new Untranslatable();
  pushAddress(e, n, c ? b : 0);
  const aligned = isAligned(n, c ? b : 0);
  if (kind.store) e.store(kind.width, () => e.get(t), aligned);
  else e.load(kind.width, kind.signed, aligned);
  pushAddress(e, n, b);
  e.set(n);
  if (!kind.store) e.set(t);
};

/** A literal that lies in the translated code is part of it. */
function pushLiteral(e: Emitter, address: number): void {
  const value = (address & 3) === 0 ? e.literal(address >>> 0) : undefined;
  if (value !== undefined) e.code.i32(value);
  else {
    e.code.i32(address);
    e.load(4, false, (address & 3) === 0);
  }
}
const literal: Emit = (e, a, b) => {
  const kind = accesses[a >>> 8]!;
  e.code.i32(b);
  access(e, kind, a & 0xf, false);
};

// ---- several registers ----

export const registersOf = (list: number): number[] => Array.from({ length: 16 }, (_, register) => register).filter((register) => (list >>> register) & 1);

function storeList(e: Emitter, n: number, list: number, from: number): void {
  const registers = registersOf(list);
  pushAddress(e, n, from);
  e.openStore(4, 4 * registers.length, isAligned(n, from));
  e.code.set(Local.one);
  registers.forEach((register, index) => {
    e.code.get(Local.one);
    e.get(register).code.memory(W.i32Store, 4 * index);
  });
}
const change = (e: Emitter, n: number, by: number): void => {
  pushAddress(e, n, by);
  e.set(n);
};

function loadList(e: Emitter, n: number, list: number, from: number, by: number): void {
  const registers = registersOf(list);
  pushAddress(e, n, from);
  e.openLoad(4, 4 * registers.length, isAligned(n, from));
  e.code.set(Local.one);
  if (list & 0x8000) {
    e.code.get(Local.one).memory(W.i32Load, 4 * (registers.length - 1));
    jumpTarget(e);
  }
  if (by) change(e, n, by);
  registers.forEach((register, index) => {
    if (register === 15) return;
    e.code.get(Local.one).memory(W.i32Load, 4 * index);
    e.set(register);
  });
}

/** Pops where an interworking branch goes: to Thumb code at a plain address; all else is the interpreter's. The block ends in a computed branch. */
export function jumpTarget(e: Emitter): void {
  const { code } = e;
  code.tee(Local.target).i32(1).op(W.i32And, W.i32Eqz).get(Local.target).i32(28).op(W.i32ShrU).i32(15).op(W.i32Eq, W.i32Or);
  e.exitIf();
  e.computed = true;
}

const size = (list: number): number => 4 * registersOf(list).length;

const loadDouble: Emit = (e, a, b, c) => {
  const [t, t2, n] = [a & 0xf, (a >>> 4) & 0xf, (a >>> 8) & 0xf];
  if (c & 2 && (t === n || t2 === n)) throw new Untranslatable();
  const from = c & 1 ? b : 0;
  pushAddress(e, n, from);
  e.openLoad(4, 8, isAligned(n, from));
  e.code.set(Local.one);
  if (c & 2) change(e, n, b);
  e.code.get(Local.one).memory(W.i32Load, 0);
  e.set(t);
  e.code.get(Local.one).memory(W.i32Load, 4);
  e.set(t2);
};
const loadDoubleAt: Emit = (e, a, b) => {
  e.code.i32(b);
  e.openLoad(4, 8);
  e.code.tee(Local.one).memory(W.i32Load, 4);
  e.set((a >>> 4) & 0xf);
  e.code.get(Local.one).memory(W.i32Load, 0);
  e.set(a & 0xf);
};
const storeDouble: Emit = (e, a, b, c) => {
  const n = (a >>> 8) & 0xf;
  const from = c & 1 ? b : 0;
  pushAddress(e, n, from);
  e.openStore(4, 8, isAligned(n, from));
  e.code.set(Local.one).get(Local.one);
  e.get(a & 0xf).code.memory(W.i32Store, 0).get(Local.one);
  e.get((a >>> 4) & 0xf).code.memory(W.i32Store, 4);
  if (c & 2) change(e, n, b);
};

export const memoryEmitters: ReadonlyMap<Handler, Emit> = new Map<Handler, Emit>([
  [memory.loadWord, offset(Kind.word)], [memory.loadHalf, offset(Kind.half)], [memory.loadByte, offset(Kind.byte)],
  [memory.loadSignedHalf, offset(Kind.signedHalf)], [memory.loadSignedByte, offset(Kind.signedByte)],
  [memory.storeWord, offset(Kind.storeWord)], [memory.storeHalf, offset(Kind.storeHalf)], [memory.storeByte, offset(Kind.storeByte)],
  [memory.loadWordIndexed, indexed(Kind.word)], [memory.loadHalfIndexed, indexed(Kind.half)], [memory.loadByteIndexed, indexed(Kind.byte)],
  [memory.loadSignedHalfIndexed, indexed(Kind.signedHalf)], [memory.loadSignedByteIndexed, indexed(Kind.signedByte)],
  [memory.storeWordIndexed, indexed(Kind.storeWord)], [memory.storeHalfIndexed, indexed(Kind.storeHalf)], [memory.storeByteIndexed, indexed(Kind.storeByte)],
  [memory.loadWordAt, (e, a, b) => { pushLiteral(e, b); e.set(a); }],
  [memory.literal, literal], [memory.writeBack, writeBack],
  [memory.push, (e, a) => { storeList(e, 13, a, -size(a)); change(e, 13, -size(a)); }],
  [memory.pop, (e, a) => { loadList(e, 13, a, 0, size(a)); }],
  [memory.loadMultiple, (e, a, b, c) => { loadList(e, a, b, 0, c ? size(b) : 0); }],
  [memory.loadMultipleBefore, (e, a, b, c) => { loadList(e, a, b, -size(b), c ? -size(b) : 0); }],
  [memory.storeMultiple, (e, a, b, c) => { storeList(e, a, b, 0); if (c) change(e, a, size(b)); }],
  [memory.storeMultipleBefore, (e, a, b, c) => { storeList(e, a, b, -size(b)); if (c) change(e, a, -size(b)); }],
  [memory.loadDouble, loadDouble], [memory.loadDoubleAt, loadDoubleAt], [memory.storeDouble, storeDouble],
  [memory.loadPc, (e, _a, b, c) => { pushAddress(e, b, c); e.load(4, false, isAligned(b, c)); jumpTarget(e); }],
  [memory.loadPcIndexed, (e, _a, b, c) => {
    e.get(b & 0xf).get(b >>> 4).code.i32(c).op(W.i32Shl, W.i32Add);
    e.load(4, false);
    jumpTarget(e);
  }],
  [memory.loadPcAt, (e, _a, b) => { pushLiteral(e, b); jumpTarget(e); }],
  [memory.loadPcWriteBack, (e, a, b, c) => {
    pushAddress(e, a, c ? b : 0);
    e.load(4, false, isAligned(a, c ? b : 0));
    jumpTarget(e);
    change(e, a, b);
  }],
]);
