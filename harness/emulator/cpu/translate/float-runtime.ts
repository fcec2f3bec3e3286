/**
 * Functions that translated floating-point code calls: what an operation lost by rounding, and fused multiplication.
 * The bounds are those of float-arithmetic.ts; a NaN says that the interpreter has to do it.
 */
import { host } from '../../host-wasm.js';
import { Type, W, WasmCode, wasmModule, type ImportedFunction, type ValueType, type WasmFunction } from './wasm-code.js';

const small = 2 ** -400;
const large = 2 ** 400;
/** Bounds of the factors, inside which their product and what it loses are in the others. */
const smallFactor = 2 ** -200;
const largeFactor = 2 ** 200;
const leastSingle = 2 ** -126;
const mostSingle = 3.4028234663852886e38;
const splitter = 2 ** 27 + 1;

const { f64, i64 } = Type;
/** In the order of their numbers. */
export const floatRuntime: readonly ImportedFunction[] = [
  { name: 'sumError', parameters: [f64, f64, f64], results: [f64] },
  { name: 'productError', parameters: [f64, f64, f64], results: [f64] },
  { name: 'fuseSingle', parameters: [f64, f64, f64], results: [f64] },
  { name: 'fuseDouble', parameters: [f64, f64, f64], results: [f64] },
];
export const FloatCall = { sumError: 0, productError: 1, fuseSingle: 2, fuseDouble: 3 } as const;

/** Locals 0–2 are x, y and the rounded result or the addend. */
const [x, y, z] = [0, 1, 2];

/** Returns NaN where a value is not of middling size; with `zero` that may be 0. */
function demandMiddling(code: WasmCode, local: number, zero = false): void {
  code.get(local).op(W.f64Abs).f64(small).op(W.f64Ge).get(local).op(W.f64Abs).f64(large).op(W.f64Le, W.i32And);
  if (zero) code.get(local).f64(0).op(W.f64Eq, W.i32Or);
  code.op(W.i32Eqz).if().f64(NaN).op(W.return).end();
}

/** What a + b loses by being rounded to `sum`; the result is pushed. */
function sumError(code: WasmCode, a: number, b: number, sum: number, part: number): void {
  code.get(sum).get(a).op(W.f64Sub).set(part);
  code.get(a).get(sum).get(part).op(W.f64Sub, W.f64Sub).get(b).get(part).op(W.f64Sub, W.f64Add);
}

/** What a × b loses by being rounded to `product` (Dekker); four locals from `at` on. */
function productError(code: WasmCode, a: number, b: number, product: number, at: number): void {
  const split = (value: number, high: number, low: number): void => {
    code.f64(splitter).get(value).op(W.f64Mul).tee(high).get(high).get(value).op(W.f64Sub, W.f64Sub).set(high);
    code.get(value).get(high).op(W.f64Sub).set(low);
  };
  const [aHigh, aLow, bHigh, bLow] = [at, at + 1, at + 2, at + 3];
  split(a, aHigh, aLow);
  split(b, bHigh, bLow);
  code.get(aLow).get(bLow).op(W.f64Mul);
  code.get(product).get(aHigh).get(bHigh).op(W.f64Mul, W.f64Sub).get(aLow).get(bHigh).op(W.f64Mul, W.f64Sub).get(aHigh).get(bLow).op(W.f64Mul, W.f64Sub).op(W.f64Sub);
}

/** Pushes `sum` with its last bit odd where `error` is not 0: it rounds further as the exact sum does. `bits` is an i64 local. */
function roundToOdd(code: WasmCode, sum: number, error: number, bits: number): void {
  code.get(sum).op(W.i64ReinterpretF64).set(bits);
  code.get(error).f64(0).op(W.f64Ne).get(bits).i64(1n).op(W.i64And, W.i64Eqz, W.i32And).if();
  code.get(bits).i64(1n).i64(-1n).get(error).f64(0).op(W.f64Gt).get(sum).f64(0).op(W.f64Gt, W.i32Eq, W.select, W.i64Add).set(bits);
  code.end().get(bits).op(W.f64ReinterpretI64);
}

const three: readonly ValueType[] = [f64, f64, f64];
const define = (locals: WasmFunction['locals'], body: (code: WasmCode) => void): WasmFunction => {
  const code = new WasmCode();
  body(code);
  return { parameters: three, results: [f64], locals, code };
};

const functions: readonly WasmFunction[] = [
  define([[1, f64]], (code) => {
    demandMiddling(code, z, true);
    sumError(code, x, y, z, 3);
  }),
  define([[4, f64]], (code) => {
    for (const local of [x, y, z]) demandMiddling(code, local);
    productError(code, x, y, z, 3);
  }),
  // z is the addend; the product of two singles is exact.
  define([[3, f64], [1, i64]], (code) => {
    const [product, sum, error, bits] = [3, 4, 5, 6];
    code.get(x).get(y).op(W.f64Mul).tee(product).get(z).op(W.f64Add).tee(sum).f64(0).op(W.f64Eq).if().get(sum).op(W.return).end();
    code.get(sum).op(W.f64Abs).f64(leastSingle).op(W.f64Gt).get(sum).op(W.f64Abs).f64(mostSingle).op(W.f64Le, W.i32And, W.i32Eqz).if().f64(NaN).op(W.return).end();
    sumError(code, product, z, sum, error);
    code.set(error);
    roundToOdd(code, sum, error, bits);
    code.op(W.f32DemoteF64, W.f64PromoteF32).tee(sum).f64(NaN).get(sum).op(W.f64Abs).f64(mostSingle).op(W.f64Le, W.select);
  }),
  /**
   * The sum s of product and addend is exact but for what was lost of either, r. That is itself rounded once: where s + r rounds
   * to the same number at both ends of the interval in which r lies, this is the result (rounding is monotonic). The rest is
   * the interpreter's: near ties, after cancellation.
   */
  define([[9, f64]], (code) => {
    const [product, low, sum, rest, result, part, margin] = [3, 4, 5, 6, 7, 8, 8];
    const between = (local: number, least: number, most: number): void => {
      code.get(local).op(W.f64Abs).f64(least).op(W.f64Ge).get(local).op(W.f64Abs).f64(most).op(W.f64Le, W.i32And);
    };
    between(x, smallFactor, largeFactor);
    between(y, smallFactor, largeFactor);
    code.op(W.i32And);
    between(z, small, large);
    code.get(z).f64(0).op(W.f64Eq, W.i32Or, W.i32And, W.i32Eqz).if().f64(NaN).op(W.return).end();
    code.get(x).get(y).op(W.f64Mul).set(product);
    productError(code, x, y, product, part);
    code.set(low);
    code.get(product).get(z).op(W.f64Add).set(sum);
    sumError(code, product, z, sum, part);
    code.get(low).op(W.f64Add).tee(rest).op(W.f64Abs).f64(2 ** -52).op(W.f64Mul).set(margin);
    code.get(sum).get(rest).get(margin).op(W.f64Sub, W.f64Add).tee(result);
    code.f64(NaN);
    code.get(result).get(sum).get(rest).get(margin).op(W.f64Add, W.f64Add).op(W.f64Eq);
    between(result, small, large);
    code.op(W.i32And, W.select);
  }),
];

/** The functions, by name. */
export function instantiateFloatRuntime(imports: Readonly<Record<string, unknown>>, pages: number): Readonly<Record<string, unknown>> {
  const { exports } = new host!.Instance(new host!.Module(wasmModule(pages, [], functions)), { m: imports });
  return Object.fromEntries(floatRuntime.map(({ name }, index) => [name, exports[`f${String(index)}`]]));
}
