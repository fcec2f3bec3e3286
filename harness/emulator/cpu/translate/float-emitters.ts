/**
 * Translation of the FPU's instructions. The host's arithmetic is the FPU's where results are normal numbers (or exact
 * zeros), rounding is to nearest and FZ is off: then the only flag that can rise is IXC. While IXC is still clear an
 * operation is done here only if it is exact. All else is left to the interpreter, with nothing changed.
 */
import type { Handler } from '../context.js';
import * as float from '../float-handlers.js';
import type { Pair } from '../float-handlers.js';
import { Rounding } from '../float-format.js';
import * as transfer from '../float-transfer-handlers.js';
import { Untranslatable, type Emitter } from './emitter.js';
import { FloatCall } from './float-runtime.js';
import type { Emit } from './integer-emitters.js';
import { FloatMode, floatByte, Local } from './layout.js';
import { isAligned, pushAddress } from './memory-emitters.js';
import { W } from './wasm-code.js';

/** Opcodes and locals of one precision. */
interface Precision {
  readonly double: boolean;
  readonly result: number;
  readonly x: number;
  readonly y: number;
  readonly load: number;
  readonly store: number;
  readonly abs: number;
  readonly neg: number;
  readonly ge: number;
  readonly le: number;
  readonly eq: number;
  readonly ne: number;
  readonly add: number;
  readonly sub: number;
  readonly mul: number;
  readonly div: number;
  readonly root: number;
}
const single: Precision = {
  double: false, result: Local.single, x: Local.singleX, y: Local.singleY, load: W.f32Load, store: W.f32Store, abs: W.f32Abs, neg: W.f32Neg, ge: W.f32Ge, le: W.f32Le, eq: W.f32Eq, ne: W.f32Ne,
  add: W.f32Add, sub: W.f32Sub, mul: W.f32Mul, div: W.f32Div, root: W.f32Sqrt,
};
const double: Precision = {
  double: true, result: Local.double, x: Local.doubleX, y: Local.doubleY, load: W.f64Load, store: W.f64Store, abs: W.f64Abs, neg: W.f64Neg, ge: W.f64Ge, le: W.f64Le, eq: W.f64Eq, ne: W.f64Ne,
  add: W.f64Add, sub: W.f64Sub, mul: W.f64Mul, div: W.f64Div, root: W.f64Sqrt,
};
/** Twice the least normal number: below it a result may have been tiny before it was rounded. */
const leastSingle = 2 ** -125;
const leastDouble = 2 ** -1021;
const mostSingle = 3.4028234663852886e38;

/** Before the first of a block's instructions: the FPU may be used and its modes are the host's. */
function ready(e: Emitter): void {
  e.usesFloat = true;
  if (e.floatReady) return;
  e.code.get(Local.float).op(W.i32Eqz);
  e.exitIf();
  e.floatReady = true;
}

const number = (p: Precision, register: number): number => floatByte(p.double ? 2 * register : register);
function push(e: Emitter, p: Precision, register: number): void {
  e.code.i32(0).memory(p.load, number(p, register));
}
/** A local into a register. */
function put(e: Emitter, p: Precision, register: number, local: number): void {
  e.code.i32(0).get(local).memory(p.store, number(p, register));
}
function constant(e: Emitter, p: Precision, value: number): void {
  if (p.double) e.code.f64(value);
  else e.code.f32(value);
}

type Loss = 'sum' | 'product' | 'quotient' | 'root';

/** Leaves where the result in `p.result` of x and y raises a flag beside IXC, or is no normal number and not plainly zero. */
function demandPlain(e: Emitter, p: Precision, loss: Loss): void {
  const { code } = e;
  code.get(p.result).op(p.abs);
  constant(e, p, p.double ? leastDouble : leastSingle);
  code.op(p.ge).get(p.result).op(p.abs);
  constant(e, p, p.double ? Number.MAX_VALUE : mostSingle);
  code.op(p.le, W.i32And, W.i32Eqz).if();
  code.get(p.result);
  constant(e, p, 0);
  code.op(p.ne);
  const orNotZero = (local: number): void => {
    code.get(local);
    constant(e, p, 0);
    code.op(p.ne);
  };
  if (loss === 'product') {
    orNotZero(p.x);
    orNotZero(p.y);
    code.op(W.i32And, W.i32Or);
  } else if (loss === 'quotient') {
    orNotZero(p.x);
    code.op(W.i32Or);
  }
  e.exitIf();
  code.end();
}

/** While IXC is clear: leaves where x and y do not give the result exactly. */
function demandExact(e: Emitter, p: Precision, loss: Loss): void {
  const { code } = e;
  const wide = (local: number): void => {
    code.get(local);
    if (!p.double) code.op(W.f64PromoteF32);
  };
  code.get(Local.float).i32(FloatMode.exactOnly).op(W.i32Eq).if();
  switch (loss) {
    case 'sum':
      if (!p.double) {
        // The single may differ from the sum, and that from the exact one.
        wide(p.x); wide(p.y); code.op(W.f64Add); wide(p.result); code.op(W.f64Ne);
        e.exitIf();
      }
      wide(p.x); wide(p.y); wide(p.result);
      code.call(FloatCall.sumError).f64(0).op(W.f64Ne);
      break;
    case 'product':
      if (p.double) {
        code.get(p.result).f64(0).op(W.f64Ne).if();
        wide(p.x); wide(p.y); wide(p.result);
        code.call(FloatCall.productError).f64(0).op(W.f64Ne);
        e.exitIf();
        code.end().i32(0);
      } else {
        wide(p.x); wide(p.y); code.op(W.f64Mul); wide(p.result); code.op(W.f64Ne);
      }
      break;
    default: {
      const divisor = loss === 'root' ? p.result : p.y;
      wide(p.result); wide(divisor); code.op(W.f64Mul); wide(p.x); code.op(W.f64Ne);
      if (p.double) {
        e.exitIf();
        code.get(p.result).f64(0).op(W.f64Ne).if();
        wide(p.result); wide(divisor); wide(p.x);
        code.call(FloatCall.productError).f64(0).op(W.f64Ne);
        e.exitIf();
        code.end().i32(0);
      }
    }
  }
  e.exitIf();
  code.end();
}

function demand(e: Emitter, p: Precision, loss: Loss): void {
  demandPlain(e, p, loss);
  demandExact(e, p, loss);
}

/** x and y into their locals, the rounded result into its own. */
function operate(e: Emitter, p: Precision, opcode: number, loss: Loss): void {
  e.code.get(p.x).get(p.y).op(opcode).set(p.result);
  demand(e, p, loss);
}
function operands(e: Emitter, p: Precision, n: number, m: number): void {
  push(e, p, n);
  e.code.set(p.x);
  push(e, p, m);
  e.code.set(p.y);
}

const both = (make: (p: Precision) => Emit): { readonly single: Emit; readonly double: Emit } => ({ single: make(single), double: make(double) });
const pair = (handlers: Pair, make: (p: Precision) => Emit): [Handler, Emit][] => {
  const emits = both(make);
  return [[handlers.single, emits.single], [handlers.double, emits.double]];
};

const arithmetic = (opcode: (p: Precision) => number, loss: Loss, negated = false) => (p: Precision): Emit => (e, d, n, m) => {
  ready(e);
  operands(e, p, n, m);
  operate(e, p, opcode(p), loss);
  if (negated) e.code.get(p.result).op(p.neg).set(p.result);
  put(e, p, d, p.result);
};

const squareRoot = (p: Precision): Emit => (e, d, m) => {
  ready(e);
  push(e, p, m);
  e.code.tee(p.x).op(p.root).set(p.result);
  demand(e, p, 'root');
  put(e, p, d, p.result);
};

/** VMLA and its kin: the product is rounded, then the sum. */
const chained = (negateProduct: boolean, negateAddend: boolean) => (p: Precision): Emit => (e, d, n, m) => {
  const { code } = e;
  ready(e);
  operands(e, p, n, m);
  operate(e, p, p.mul, 'product');
  code.get(p.result);
  if (negateProduct) code.op(p.neg);
  code.set(p.y);
  push(e, p, d);
  if (negateAddend) code.op(p.neg);
  code.set(p.x);
  operate(e, p, p.add, 'sum');
  put(e, p, d, p.result);
};

const fused = (negateProduct: boolean, negateAddend: boolean) => (p: Precision): Emit => (e, d, n, m) => {
  const { code } = e;
  ready(e);
  code.get(Local.float).i32(FloatMode.any).op(W.i32Ne);
  e.exitIf();
  const wide = (register: number, negative: boolean): void => {
    push(e, p, register);
    if (negative) code.op(p.neg);
    if (!p.double) code.op(W.f64PromoteF32);
  };
  wide(n, negateProduct);
  wide(m, false);
  wide(d, negateAddend);
  code.call(p.double ? FloatCall.fuseDouble : FloatCall.fuseSingle).tee(Local.double).get(Local.double).op(W.f64Ne);
  e.exitIf();
  code.i32(0).get(Local.double);
  if (!p.double) code.op(W.f32DemoteF64);
  code.memory(p.store, number(p, d));
};

// ---- moves: bits ----

const word = (e: Emitter, register: number): void => { e.code.i32(0).memory(W.i32Load, floatByte(register)); };
const copy = (change?: (e: Emitter) => void) => (p: Precision): Emit => (e, d, m) => {
  ready(e);
  const { code } = e;
  if (!p.double) {
    code.i32(0);
    word(e, m);
    change?.(e);
    code.memory(W.i32Store, floatByte(d));
    return;
  }
  word(e, 2 * m + 1);
  change?.(e);
  code.set(Local.one).i32(0);
  word(e, 2 * m);
  code.memory(W.i32Store, floatByte(2 * d)).i32(0).get(Local.one).memory(W.i32Store, floatByte(2 * d + 1));
};
const flip = (e: Emitter): void => { e.code.i32(0x80000000 | 0).op(W.i32Xor); };
const clear = (e: Emitter): void => { e.code.i32(0x7fffffff).op(W.i32And); };

const moveImmediate = (p: Precision): Emit => (e, d, bits) => {
  ready(e);
  const { code } = e;
  if (p.double) code.i32(0).i32(0).memory(W.i32Store, floatByte(2 * d)).i32(0).i32(bits).memory(W.i32Store, floatByte(2 * d + 1));
  else code.i32(0).i32(bits).memory(W.i32Store, floatByte(d));
};

const select = (condition: number) => (p: Precision): Emit => (e, d, n, m) => {
  ready(e);
  e.condition(condition);
  e.code.set(Local.two);
  const choose = (from: number, other: number, to: number): void => {
    e.code.i32(0);
    word(e, from);
    word(e, other);
    e.code.get(Local.two).op(W.select).memory(W.i32Store, floatByte(to));
  };
  if (!p.double) {
    choose(n, m, d);
    return;
  }
  choose(2 * n, 2 * m, 2 * d);
  choose(2 * n + 1, 2 * m + 1, 2 * d + 1);
};

// ---- comparison and conversion ----

const compare = (p: Precision): Emit => (e, n, m) => {
  const { code } = e;
  ready(e);
  push(e, p, n);
  code.set(p.x);
  if (m < 0) constant(e, p, 0);
  else push(e, p, m);
  code.set(p.y);
  // Of a NaN neither holds.
  code.get(p.x).get(p.y).op(p.ge).get(p.x).get(p.y).op(p.le, W.i32Or, W.i32Eqz);
  e.exitIf();
  code.get(Local.fpscr).i32(0x0fffffff).op(W.i32And);
  code.i32(0x60000000).i32(0x80000000 | 0).i32(0x20000000).get(p.x).get(p.y).op(p.le, W.select).get(p.x).get(p.y).op(p.eq, W.select);
  code.op(W.i32Or).set(Local.fpscr);
};

const toInteger = (p: Precision): Emit => (e, d, m, c) => {
  if ((c & 0xff) !== Rounding.zero) throw new Untranslatable();
  const { code } = e;
  const unsigned = (c & float.unsignedBit) !== 0;
  ready(e);
  push(e, p, m);
  if (!p.double) code.op(W.f64PromoteF32);
  code.set(Local.double);
  code.get(Local.double).f64(unsigned ? -1 : -2147483649).op(W.f64Gt).get(Local.double).f64(unsigned ? 4294967296 : 2147483648).op(W.f64Lt, W.i32And, W.i32Eqz);
  e.exitIf();
  code.get(Local.double).op(unsigned ? W.i32TruncF64U : W.i32TruncF64S).set(Local.one);
  code.get(Local.float).i32(FloatMode.exactOnly).op(W.i32Eq).get(Local.one).op(unsigned ? W.f64ConvertI32U : W.f64ConvertI32S).get(Local.double).op(W.f64Ne, W.i32And);
  e.exitIf();
  code.i32(0).get(Local.one).memory(W.i32Store, floatByte(d));
};

const fromInteger = (unsigned: boolean) => (p: Precision): Emit => (e, d, m) => {
  const { code } = e;
  ready(e);
  word(e, m);
  code.set(Local.one);
  if (p.double) {
    code.i32(0).get(Local.one).op(unsigned ? W.f64ConvertI32U : W.f64ConvertI32S).memory(W.f64Store, floatByte(2 * d));
    return;
  }
  code.get(Local.one).op(unsigned ? W.f32ConvertI32U : W.f32ConvertI32S).set(Local.single);
  code.get(Local.float).i32(FloatMode.exactOnly).op(W.i32Eq).get(Local.single).op(W.f64PromoteF32).get(Local.one).op(unsigned ? W.f64ConvertI32U : W.f64ConvertI32S).op(W.f64Ne, W.i32And);
  e.exitIf();
  put(e, single, d, Local.single);
};

const doubleToSingle: Emit = (e, d, m) => {
  const { code } = e;
  ready(e);
  push(e, double, m);
  code.tee(Local.double).op(W.f32DemoteF64).set(Local.single);
  code.get(Local.double).op(W.f64Abs).f64(leastSingle).op(W.f64Ge).get(Local.single).op(W.f32Abs).f32(mostSingle).op(W.f32Le, W.i32And);
  code.get(Local.double).f64(0).op(W.f64Eq, W.i32Or, W.i32Eqz);
  e.exitIf();
  code.get(Local.float).i32(FloatMode.exactOnly).op(W.i32Eq).get(Local.single).op(W.f64PromoteF32).get(Local.double).op(W.f64Ne, W.i32And);
  e.exitIf();
  put(e, single, d, Local.single);
};
const singleToDouble: Emit = (e, d, m) => {
  const { code } = e;
  ready(e);
  push(e, single, m);
  code.tee(Local.single).op(W.f32Abs).f32(mostSingle).op(W.f32Le, W.i32Eqz);
  e.exitIf();
  code.i32(0).get(Local.single).op(W.f64PromoteF32).memory(W.f64Store, floatByte(2 * d));
};

// ---- memory ----

function loadWords(e: Emitter, first: number, count: number, address: () => void, aligned: boolean): void {
  ready(e);
  address();
  e.openLoad(4, 4 * count, aligned);
  e.code.set(Local.one);
  for (let index = 0; index < count; index += 1) e.code.i32(0).get(Local.one).memory(W.i32Load, 4 * index).memory(W.i32Store, floatByte(first + index));
}
function storeWords(e: Emitter, first: number, count: number, address: () => void, aligned: boolean): void {
  ready(e);
  address();
  e.openStore(4, 4 * count, aligned);
  e.code.set(Local.one);
  for (let index = 0; index < count; index += 1) {
    e.code.get(Local.one);
    word(e, first + index);
    e.code.memory(W.i32Store, 4 * index);
  }
}
type Words = (e: Emitter, first: number, count: number, address: () => void, aligned: boolean) => void;
const based = (words: Words, count: number): Emit => (e, a, b, c) => { words(e, count * a, count, () => { pushAddress(e, b, c); }, isAligned(b, c)); };
const at = (count: number): Emit => (e, a, b) => { loadWords(e, count * a, count, () => { e.code.i32(b); }, (b & 3) === 0); };
const multiple = (words: Words): Emit => (e, a, b, c) => {
  const n = b & 0xf;
  const from = b & 0x20 ? -c : 0;
  words(e, a & 0xff, a >>> 8, () => { pushAddress(e, n, from); }, isAligned(n, from));
  if (!(b & 0x10)) return;
  pushAddress(e, n, b & 0x20 ? -c : c);
  e.set(n);
};

const toCore = (e: Emitter, register: number, core: number): void => {
  word(e, register);
  e.set(core);
};
const fromCore = (e: Emitter, register: number, core: number): void => {
  e.code.i32(0);
  e.get(core).code.memory(W.i32Store, floatByte(register));
};

export const floatEmitters: ReadonlyMap<Handler, Emit> = new Map<Handler, Emit>([
  ...pair(float.add, arithmetic((p) => p.add, 'sum')),
  ...pair(float.multiply, arithmetic((p) => p.mul, 'product')),
  ...pair(float.multiplyNegated, arithmetic((p) => p.mul, 'product', true)),
  ...pair(float.divide, arithmetic((p) => p.div, 'quotient')),
  ...pair(float.subtract, (p) => (e, d, n, m) => {
    ready(e);
    operands(e, p, n, m);
    // Of the negative, so that what it loses is that of a sum.
    e.code.get(p.y).op(p.neg).set(p.y);
    operate(e, p, p.add, 'sum');
    put(e, p, d, p.result);
  }),
  ...pair(float.squareRoot, squareRoot),
  ...pair(float.multiplyAdd, chained(false, false)), ...pair(float.multiplySubtract, chained(true, false)),
  ...pair(float.multiplyAddNegated, chained(true, true)), ...pair(float.multiplySubtractNegated, chained(false, true)),
  ...pair(float.fusedAdd, fused(false, false)), ...pair(float.fusedSubtract, fused(true, false)),
  ...pair(float.fusedAddNegated, fused(true, true)), ...pair(float.fusedSubtractNegated, fused(false, true)),
  ...pair(float.move, copy()), ...pair(float.negate, copy(flip)), ...pair(float.absolute, copy(clear)), ...pair(float.moveImmediate, moveImmediate),
  ...[0, 6, 10, 12].flatMap((condition, index) => pair(float.select[index]!, select(condition))),
  ...pair(float.compare, compare), ...pair(float.toInteger, toInteger), ...pair(float.fromUnsigned, fromInteger(true)), ...pair(float.fromSigned, fromInteger(false)),
  [float.doubleToSingle, doubleToSingle], [float.singleToDouble, singleToDouble],
  [float.readStatus, (e, a) => {
    ready(e);
    if (a === 15) e.flagsFrom(Local.fpscr);
    else {
      e.code.get(Local.fpscr);
      e.set(a);
    }
  }],
  [transfer.loadSingle, based(loadWords, 1)], [transfer.loadDouble, based(loadWords, 2)], [transfer.loadSingleAt, at(1)], [transfer.loadDoubleAt, at(2)],
  [transfer.storeSingle, based(storeWords, 1)], [transfer.storeDouble, based(storeWords, 2)],
  [transfer.loadMultiple, multiple(loadWords)], [transfer.storeMultiple, multiple(storeWords)],
  [transfer.toCore, (e, a, b) => { ready(e); toCore(e, a, b); }],
  [transfer.fromCore, (e, a, b) => { ready(e); fromCore(e, a, b); }],
  [transfer.pairToCore, (e, a, b, c) => { ready(e); toCore(e, a, b); toCore(e, a + 1, c); }],
  [transfer.pairFromCore, (e, a, b, c) => { ready(e); fromCore(e, a, b); fromCore(e, a + 1, c); }],
]);
