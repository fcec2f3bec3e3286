/** Writes the code of a test program, and the parts that every one of them has: rounds, output and exit through semihosting. */
import type { Encoding } from './instruction-encodings.js';

/** Behind the vector table. */
export const codeStart = 0x400;
const outputChunk = 0x40000;

export class CodeWriter {
  readonly bytes: number[] = [];

  constructor(readonly base: number) {}

  get at(): number {
    return this.base + this.bytes.length;
  }

  half(value: number): void {
    this.bytes.push(value & 0xff, (value >>> 8) & 0xff);
  }

  put({ bits, length }: Pick<Encoding, 'bits' | 'length'>): void {
    if (length === 4) this.half(bits >>> 16);
    this.half(bits);
  }

  wide(bits: number): void {
    this.put({ bits, length: 4 });
  }

  /** MOVW, MOVT. */
  constant(register: number, value: number): void {
    for (const [opcode, half] of [[0xf2400000, value & 0xffff], [0xf2c00000, value >>> 16]] as const) {
      this.wide(opcode | ((half >>> 12) << 16) | (((half >>> 11) & 1) << 26) | (((half >>> 8) & 7) << 12) | (register << 8) | (half & 0xff));
    }
  }
}

/** Back to the start until the rounds in a word of RAM are over. Changes R0–R2. */
export function repeat(code: CodeWriter, start: number, counter: number): void {
  code.constant(1, counter);
  code.half(0x6808); // LDR r0, [r1]
  code.half(0x3801); // SUBS r0, #1
  code.half(0x6008); // STR r0, [r1]
  code.half(0xb120); // CBZ r0, behind BX
  code.constant(2, start | 1);
  code.half(0x4710); // BX r2
}

function call(code: CodeWriter, argument: number, operation: number, words: readonly number[]): void {
  words.forEach((word, index) => {
    code.constant(2, word);
    code.constant(1, argument + 4 * index);
    code.half(0x600a); // STR r2, [r1]
  });
  code.constant(1, argument);
  code.half(0x2000 | operation); // MOVS r0, #operation
  code.half(0xbeab); // BKPT 0xab
}

/** Writes areas of memory through semihosting and exits with 0. `argument`: room for the calls' parameters. */
export function exitWithOutput(code: CodeWriter, argument: number, areas: readonly (readonly [address: number, size: number])[]): void {
  // SYS_OPEN ":tt" for writing.
  code.constant(1, argument + 0x40);
  code.constant(2, 0x0074743a);
  code.half(0x600a);
  call(code, argument, 0x01, [argument + 0x40, 4, 3]);
  code.half(0x4605); // MOV r5, r0
  for (const [from, size] of areas) {
    for (let offset = 0; offset < size; offset += outputChunk) {
      [from + offset, Math.min(outputChunk, size - offset)].forEach((word, index) => {
        code.constant(2, word);
        code.constant(1, argument + 4 + 4 * index);
        code.half(0x600a);
      });
      code.constant(1, argument);
      code.half(0x600d); // STR r5, [r1]
      code.half(0x2005); // MOVS r0, #5 (SYS_WRITE)
      code.half(0xbeab);
    }
  }
  call(code, argument, 0x20, [0x20026, 0]);
}

/** A handler that ends the program with 3; its address. */
export function exitOnException(code: CodeWriter, argument: number): number {
  const at = code.at;
  call(code, argument, 0x20, [0x20026, 3]);
  return at;
}
