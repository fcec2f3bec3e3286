/** Writes WebAssembly (core specification 2.0, binary format): the code of one function, and a module around functions. */

/** Value types. */
export const Type = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c } as const;
export type ValueType = (typeof Type)[keyof typeof Type];

/** Instructions by their opcode. */
export const W = {
  unreachable: 0x00, block: 0x02, loop: 0x03, if: 0x04, else: 0x05, end: 0x0b, br: 0x0c, brIf: 0x0d, brTable: 0x0e, return: 0x0f, call: 0x10, drop: 0x1a, select: 0x1b,
  localGet: 0x20, localSet: 0x21, localTee: 0x22,
  i32Load: 0x28, i64Load: 0x29, f32Load: 0x2a, f64Load: 0x2b, i32Load8s: 0x2c, i32Load8u: 0x2d, i32Load16s: 0x2e, i32Load16u: 0x2f,
  i32Store: 0x36, i64Store: 0x37, f32Store: 0x38, f64Store: 0x39, i32Store8: 0x3a, i32Store16: 0x3b,
  i32Const: 0x41, i64Const: 0x42, f32Const: 0x43, f64Const: 0x44,
  i32Eqz: 0x45, i32Eq: 0x46, i32Ne: 0x47, i32LtS: 0x48, i32LtU: 0x49, i32GtS: 0x4a, i32GtU: 0x4b, i32LeS: 0x4c, i32LeU: 0x4d, i32GeS: 0x4e, i32GeU: 0x4f,
  i64Eqz: 0x50, i64Eq: 0x51, i64Ne: 0x52, f32Eq: 0x5b, f32Ne: 0x5c, f32Lt: 0x5d, f32Gt: 0x5e, f32Le: 0x5f, f32Ge: 0x60, f64Eq: 0x61, f64Ne: 0x62, f64Lt: 0x63, f64Gt: 0x64, f64Le: 0x65, f64Ge: 0x66,
  i32Clz: 0x67, i32Add: 0x6a, i32Sub: 0x6b, i32Mul: 0x6c, i32DivS: 0x6d, i32DivU: 0x6e, i32And: 0x71, i32Or: 0x72, i32Xor: 0x73, i32Shl: 0x74, i32ShrS: 0x75, i32ShrU: 0x76, i32Rotl: 0x77, i32Rotr: 0x78,
  i64Add: 0x7c, i64Sub: 0x7d, i64Mul: 0x7e, i64And: 0x83, i64Or: 0x84, i64Shl: 0x86, i64ShrS: 0x87, i64ShrU: 0x88,
  f32Abs: 0x8b, f32Neg: 0x8c, f32Sqrt: 0x91, f32Add: 0x92, f32Sub: 0x93, f32Mul: 0x94, f32Div: 0x95,
  f64Abs: 0x99, f64Neg: 0x9a, f64Trunc: 0x9d, f64Sqrt: 0x9f, f64Add: 0xa0, f64Sub: 0xa1, f64Mul: 0xa2, f64Div: 0xa3,
  i32WrapI64: 0xa7, i32TruncF64S: 0xaa, i32TruncF64U: 0xab, i64ExtendI32S: 0xac, i64ExtendI32U: 0xad,
  f32ConvertI32S: 0xb2, f32ConvertI32U: 0xb3, f32DemoteF64: 0xb6, f64ConvertI32S: 0xb7, f64ConvertI32U: 0xb8, f64PromoteF32: 0xbb,
  i64ReinterpretF64: 0xbd, f32ReinterpretI32: 0xbe, f64ReinterpretI64: 0xbf, i32Extend8S: 0xc0, i32Extend16S: 0xc1,
} as const;

const emptyBlock = 0x40;

function unsigned(bytes: number[], value: number): void {
  let rest = value >>> 0;
  while (rest > 0x7f) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  bytes.push(rest);
}

function signed(bytes: number[], value: bigint | number): void {
  if (typeof value === 'number') {
    let rest = value | 0;
    for (;;) {
      const low = rest & 0x7f;
      rest >>= 7;
      if ((rest === 0 && !(low & 0x40)) || (rest === -1 && low & 0x40)) return void bytes.push(low);
      bytes.push(low | 0x80);
    }
  }
  let rest = value;
  for (;;) {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    if ((rest === 0n && !(low & 0x40)) || (rest === -1n && low & 0x40)) return void bytes.push(low);
    bytes.push(low | 0x80);
  }
}

const cell = new DataView(new ArrayBuffer(8));

/** The instructions of one function. Every method returns the writer. */
export class WasmCode {
  readonly bytes: number[] = [];
  /** Labels that are open. */
  depth = 0;

  op(...opcodes: readonly number[]): this {
    for (const opcode of opcodes) this.bytes.push(opcode);
    return this;
  }

  i32(value: number): this {
    this.bytes.push(W.i32Const);
    signed(this.bytes, value);
    return this;
  }

  i64(value: bigint): this {
    this.bytes.push(W.i64Const);
    signed(this.bytes, value);
    return this;
  }

  f32(value: number): this {
    cell.setFloat32(0, value, true);
    this.bytes.push(W.f32Const);
    for (let index = 0; index < 4; index += 1) this.bytes.push(cell.getUint8(index));
    return this;
  }

  f64(value: number): this {
    cell.setFloat64(0, value, true);
    this.bytes.push(W.f64Const);
    for (let index = 0; index < 8; index += 1) this.bytes.push(cell.getUint8(index));
    return this;
  }

  get(local: number): this {
    this.bytes.push(W.localGet);
    unsigned(this.bytes, local);
    return this;
  }

  set(local: number): this {
    this.bytes.push(W.localSet);
    unsigned(this.bytes, local);
    return this;
  }

  tee(local: number): this {
    this.bytes.push(W.localTee);
    unsigned(this.bytes, local);
    return this;
  }

  /** A load or store; the address is on the stack, `offset` is added to it. No alignment is promised. */
  memory(opcode: number, offset: number): this {
    this.bytes.push(opcode, 0);
    unsigned(this.bytes, offset);
    return this;
  }

  call(index: number): this {
    this.bytes.push(W.call);
    unsigned(this.bytes, index);
    return this;
  }

  /** A tail call through table 0; the callee has the type of the module's first own function. */
  returnCallIndirect(): this {
    this.bytes.push(0x13, 0, 0);
    return this;
  }

  block(): this {
    return this.#open(W.block);
  }

  loop(): this {
    return this.#open(W.loop);
  }

  if(): this {
    return this.#open(W.if);
  }

  #open(opcode: number): this {
    this.bytes.push(opcode, emptyBlock);
    this.depth += 1;
    return this;
  }

  end(): this {
    this.bytes.push(W.end);
    this.depth -= 1;
    return this;
  }

  /** A branch to a label that was opened when `depth` was `level`. */
  branch(opcode: typeof W.br | typeof W.brIf, level: number): this {
    this.bytes.push(opcode);
    unsigned(this.bytes, this.depth - 1 - level);
    return this;
  }

  /** br_table over labels by their levels; the last one is the default. */
  table(levels: readonly number[]): this {
    this.bytes.push(W.brTable);
    unsigned(this.bytes, levels.length - 1);
    for (const level of levels) unsigned(this.bytes, this.depth - 1 - level);
    return this;
  }
}

export interface WasmFunction {
  readonly parameters: readonly ValueType[];
  readonly results: readonly ValueType[];
  /** Runs of locals behind the parameters: how many of which type. */
  readonly locals: readonly (readonly [count: number, type: ValueType])[];
  readonly code: WasmCode;
}

export interface ImportedFunction {
  readonly name: string;
  readonly parameters: readonly ValueType[];
  readonly results: readonly ValueType[];
}

/** A module that imports the memory `m.m`, the table `m.t` and functions `m.<name>` (numbered first) and exports its functions as `f0`, `f1` … */
export function wasmModule(pages: number, imports: readonly ImportedFunction[], functions: readonly WasmFunction[]): Uint8Array {
  const out: number[] = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
  const text = (bytes: number[], value: string): void => {
    unsigned(bytes, value.length);
    for (let index = 0; index < value.length; index += 1) bytes.push(value.charCodeAt(index));
  };
  const section = (id: number, count: number, fill: (bytes: number[]) => void): void => {
    const bytes: number[] = [];
    unsigned(bytes, count);
    fill(bytes);
    out.push(id);
    unsigned(out, bytes.length);
    append(out, bytes);
  };
  section(1, imports.length + functions.length, (bytes) => {
    for (const { parameters, results } of [...functions, ...imports]) {
      bytes.push(0x60, parameters.length, ...parameters, results.length, ...results);
    }
  });
  section(2, 2 + imports.length, (bytes) => {
    text(bytes, 'm');
    text(bytes, 'm');
    bytes.push(2, 1);
    unsigned(bytes, pages);
    unsigned(bytes, pages);
    text(bytes, 'm');
    text(bytes, 't');
    bytes.push(1, 0x70, 0, 0);
    imports.forEach(({ name }, index) => {
      text(bytes, 'm');
      text(bytes, name);
      bytes.push(0);
      unsigned(bytes, functions.length + index);
    });
  });
  section(3, functions.length, (bytes) => functions.forEach((_, index) => unsigned(bytes, index)));
  section(7, functions.length, (bytes) => {
    functions.forEach((_, index) => {
      text(bytes, `f${String(index)}`);
      bytes.push(0);
      unsigned(bytes, imports.length + index);
    });
  });
  section(10, functions.length, (bytes) => {
    for (const { locals, code } of functions) {
      const body: number[] = [];
      unsigned(body, locals.length);
      for (const [count, type] of locals) {
        unsigned(body, count);
        body.push(type);
      }
      unsigned(bytes, body.length + code.bytes.length + 1);
      append(bytes, body);
      append(bytes, code.bytes);
      bytes.push(W.end);
    }
  });
  return Uint8Array.from(out);
}

/** Without a spread, whose arguments would overflow the stack. */
function append(to: number[], from: readonly number[]): void {
  for (const byte of from) to.push(byte);
}
