import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { createBareCore } from '../bare-core.js';
import { codeBase, dataBase, memorySize } from '../testing/qemu.js';
import { Random } from '../testing/random.js';
import { randomProgram } from '../testing/random-program.js';
import { decodeBits } from './decode.js';
import { branchIf, branchTo, compareNotZero } from './branch-handlers.js';
import { Dp, immediate, shiftedOperand } from './data-handlers.js';
import { directBranch, hotOperation } from './hot-operations.js';
import { signedDivide } from './multiply-handlers.js';
import { Op } from './operations.js';
import { smallMachine, type SmallMachine } from './testing/small-machine.js';

describe('hot loop', () => {
  it('every case → the number that operations.ts gives to its name', () => {
    const source = readFileSync(new URL('./interpreter.ts', import.meta.url), 'utf8');
    const cases = [...source.matchAll(/case (\d+): \/\* (\w+) \*\//g)].map(([, number, name]) => [name, Number(number)]);
    expect(Object.fromEntries(cases)).toEqual({ ...Op, CALL: undefined });
    expect(new Set(Object.values(Op)).size).toBe(Object.keys(Op).length);
  });

  it('handlers and operands → the operation that stands for them, CALL for the rest', () => {
    expect(hotOperation(immediate[Dp.add]!, 0, 0, 1)).toBe(Op.ADD_I);
    expect(hotOperation(shiftedOperand, 0, Dp.add, 0 | (2 << 2))).toBe(Op.ADD_LSL);
    expect(hotOperation(shiftedOperand, 0, Dp.add, 2 | (2 << 2))).toBe(Op.CALL);
    expect(hotOperation(shiftedOperand, 0, Dp.orr | 0x20, 0)).toBe(Op.CALL);
    expect(hotOperation(signedDivide, 0, 0, 0)).toBe(Op.CALL);
    expect(directBranch(branchTo, -0x7fffff00, 0)).toEqual({ op: Op.B, target: 0x80000100 });
    expect(directBranch(compareNotZero, 3, 0x1010)).toEqual({ op: Op.CBNZ, target: 0x1010 });
    branchIf.forEach((handler, condition) => expect(directBranch(handler, 0, 0)?.op).toBe(Op.BEQ + condition));
    expect(directBranch(signedDivide, 0, 0)).toBeUndefined();
  });

  const borders = [0, 1, 2, 31, 32, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, -0x80000000, -0x7fffffff, -2, -1];
  it.each([
    ['ADDS r0, r1, #1', 0x1c48], ['ADDS r0, r1, r2', 0x1888], ['SUBS r0, r1, #1', 0x1e48], ['SUBS r0, r1, r2', 0x1a88], ['CMP r1, #128', 0x2980], ['CMP r1, r2', 0x4291],
    ['RSBS r0, r1, #0', 0x4248], ['TST r1, r2', 0x4211], ['ANDS r1, r2', 0x4011], ['BICS r1, r2', 0x4391], ['MULS r1, r2', 0x4351],
    ['LSLS r0, r1, #1', 0x0048], ['LSLS r0, r1, #31', 0x07c8], ['LSRS r0, r1, #1', 0x0848], ['LSRS r0, r1, #32', 0x0808], ['ASRS r0, r1, #31', 0x17c8], ['ASRS r0, r1, #32', 0x1008],
    ['UXTB r0, r1', 0xb2c8], ['SXTB r0, r1', 0xb248], ['SXTH r0, r1', 0xb208], ['UXTH r0, r1', 0xb288], ['MVNS r1, r2', 0x43d1],
  ])('%s at the borders of its operands → registers and flags as its handler leaves them', (_, bits) => {
    const { handler, a, b, c } = decodeBits(bits, false, codeBase, false);
    const [loop, one] = [0, 1].map(() => smallMachine({ assembly: '', halfwords: [bits, 0xe7fd] })) as [SmallMachine, SmallMachine];
    loop.step(2); // Decodes; every later pass is the loop's.
    for (const x of borders) {
      for (const y of borders) {
        for (const { core } of [loop, one]) {
          core.r.set([7, x, y]);
          core.apsr = 0;
        }
        loop.step(1);
        handler(one.core, a, b, c);
        expect([x, y, ...loop.core.r.slice(0, 3), loop.core.xpsr]).toEqual([x, y, ...one.core.r.slice(0, 3), one.core.xpsr]);
        loop.step(1);
      }
    }
  });

  it.each([101, 102, 103])('random program %i in the loop and, with an MPU border in every code page, one instruction at a time, and in slices of 1 to 7 instructions → the same registers, flags, memory and count', (seed) => {
    const { parts } = randomProgram(new Random(seed), 1100);
    const run = ({ borders = false, slices = false }): { output: string; instructions: number } => {
      const output: Uint8Array[] = [];
      const machine = createBareCore({
        ram: [{ base: codeBase, size: memorySize }, { base: dataBase, size: memorySize }],
        onOutput: (bytes) => output.push(bytes.slice()),
      });
      for (const { address, bytes } of parts) machine.load(address, bytes);
      machine.start(codeBase);
      if (borders) {
        // Region 0 is everything; the others are 256 bytes at the end of each of the first 15 pages. All give full access.
        for (let region = 0; region < 16; region += 1) {
          const [base, size] = region === 0 ? [0, 31] : [0x1000 * region - 0x100, 7];
          machine.core.mpu.write(0x0c, base | 0x10 | region);
          machine.core.mpu.write(0x10, (3 << 24) | (1 << 17) | (size << 1) | 1);
        }
        machine.core.mpu.write(0x04, 1);
      }
      let stop = machine.run(slices ? 1 : 10_000_000);
      for (let slice = 0; stop.kind === 'budget'; slice += 1) stop = machine.run(1 + (slice % 7));
      expect(stop).toEqual({ kind: 'exit', code: 0 });
      return { output: Buffer.concat(output).toString('base64'), instructions: machine.core.instructions };
    };
    expect(Math.max(...parts.filter(({ address }) => address < 0x100000).map(({ address, bytes }) => address + bytes.length))).toBeLessThan(0xf000);
    const plain = run({});
    expect(plain.instructions).toBeGreaterThan(20_000);
    expect(run({ borders: true })).toEqual(plain);
    expect(run({ slices: true })).toEqual(plain);
  });
});
