import { describe, expect, it } from '@jest/globals';
import { codeBase, handlerOf, processStackTop, program, smallMachine, type SmallMachine } from './testing/small-machine.js';

/** One instruction on S0–S2 or D0–D2: d, n, m. The patterns that QEMU and the manual agree on are compared at random in float.qemu.ts. */
const Code = {
  addSingle: ['vadd.f32 s0, s1, s2', 0xee30, 0x0a81], addDouble: ['vadd.f64 d0, d1, d2', 0xee31, 0x0b02], multiplySingle: ['vmul.f32 s0, s1, s2', 0xee20, 0x0a81],
  multiplyDouble: ['vmul.f64 d0, d1, d2', 0xee21, 0x0b02], divideDouble: ['vdiv.f64 d0, d1, d2', 0xee81, 0x0b02], fuseDouble: ['vfma.f64 d0, d1, d2', 0xeea1, 0x0b02],
  chainDouble: ['vmla.f64 d0, d1, d2', 0xee01, 0x0b02], rootDouble: ['vsqrt.f64 d0, d2', 0xeeb1, 0x0bc2], toSigned: ['vcvt.s32.f64 s0, d2', 0xeebd, 0x0bc2],
  toNearest: ['vcvtn.s32.f64 s0, d2', 0xfebd, 0x0bc2], toHalf: ['vcvtb.f16.f64 s0, d2', 0xeeb3, 0x0b42], maximum: ['vmaxnm.f64 d0, d1, d2', 0xfe81, 0x0b02],
  roundExactly: ['vrintx.f64 d0, d2', 0xeeb7, 0x0b42],
} as const;
const Status = { ioc: 1, dzc: 2, ofc: 4, ufc: 8, ixc: 0x10, idc: 0x80 } as const;
const cpacr = 0xe000ed88;
const Reg = { cfsr: 0xe000ed28, hfsr: 0xe000ed2c, shcsr: 0xe000ed24, fpccr: 0xe000ef34, fpcar: 0xe000ef38, fpdscr: 0xe000ef3c, iser: 0xe000e100, ispr: 0xe000e200 } as const;
const read = (machine: SmallMachine, address: number): number => machine.core.system.load(address, 4, true);

function withFpu(code: ReturnType<typeof program>): SmallMachine {
  const machine = smallMachine(code);
  machine.system(cpacr, 0xf00000);
  return machine;
}

describe('floating-point values and flags', () => {
  const tiny = 2 ** -1074;
  it.each([
    ['0.1 + 0.2', Code.addDouble, 0, [0, 0.1, 0.2], 0.1 + 0.2, Status.ixc],
    ['0.5 + 0.25, exact', Code.addDouble, 0, [0, 0.5, 0.25], 0.75, 0],
    ['0.1 + 0.2 upwards', Code.addDouble, 0x400000, [0, 0.1, 0.2], 0.30000000000000004, Status.ixc],
    ['0.1 + 0.2 towards zero', Code.addDouble, 0xc00000, [0, 0.1, 0.2], 0.3, Status.ixc],
    ['largest + largest', Code.addDouble, 0, [0, Number.MAX_VALUE, Number.MAX_VALUE], Infinity, Status.ofc | Status.ixc],
    ['largest + largest towards zero', Code.addDouble, 0xc00000, [0, Number.MAX_VALUE, Number.MAX_VALUE], Number.MAX_VALUE, Status.ofc | Status.ixc],
    ['1 − 1 downwards', Code.addDouble, 0x800000, [0, 1, -1], -0, 0],
    ['∞ − ∞', Code.addDouble, 0, [0, Infinity, -Infinity], NaN, Status.ioc],
    ['smallest × 0.5', Code.multiplyDouble, 0, [0, tiny, 0.5], 0, Status.ufc | Status.ixc],
    ['smallest × 1, flushed', Code.multiplyDouble, 0x1000000, [0, tiny, 1], 0, Status.idc],
    ['2^-1000 × 2^-50, flushed', Code.multiplyDouble, 0x1000000, [0, 2 ** -1000, 2 ** -50], 0, Status.ufc],
    ['1 / 0', Code.divideDouble, 0, [0, -1, 0], -Infinity, Status.dzc],
    ['0 / 0', Code.divideDouble, 0, [0, 0, 0], NaN, Status.ioc],
    ['1 / 3', Code.divideDouble, 0, [0, 1, 3], 1 / 3, Status.ixc],
    ['6 / 3, exact', Code.divideDouble, 0, [0, 6, 3], 2, 0],
    ['√2', Code.rootDouble, 0, [0, 0, 2], Math.SQRT2, Status.ixc],
    ['√9, exact', Code.rootDouble, 0, [0, 0, 9], 3, 0],
    ['√−1', Code.rootDouble, 0, [0, 0, -1], NaN, Status.ioc],
    ['−1 + (1 + 2^-52)(1 − 2^-52), fused: one rounding', Code.fuseDouble, 0, [-1, 1 + 2 ** -52, 1 - 2 ** -52], -(2 ** -104), 0],
    ['the same, chained: the product is rounded to 1', Code.chainDouble, 0, [-1, 1 + 2 ** -52, 1 - 2 ** -52], 0, Status.ixc],
    ['1 + 2^-60 × 1, fused', Code.fuseDouble, 0, [1, 2 ** -60, 1], 1, Status.ixc],
    ['largest of 1 and a NaN', Code.maximum, 0, [0, 1, NaN], 1, 0],
    ['2.5 to an integral value', Code.roundExactly, 0, [0, 0, 2.5], 2, Status.ixc],
  ] as const)('%s', (_, [assembly, ...halfwords], mode, operands, expected, flags) => {
    const machine = withFpu(program(assembly, halfwords));
    const { fpu } = machine.core;
    operands.forEach((operand, register) => { fpu.doubles[register] = operand; });
    fpu.prepare();
    fpu.fpscr = mode;
    machine.step(1);
    expect(fpu.doubles[0]).toBe(expected);
    expect(fpu.fpscr).toBe(mode | flags);
  });

  it.each([
    ['−2.75 towards zero', Code.toSigned, -2.75, -2, Status.ixc],
    ['2.5 to the even one', Code.toNearest, 2.5, 2, Status.ixc],
    ['2^31 saturates', Code.toSigned, 2 ** 31, 0x7fffffff, Status.ioc],
    ['a NaN is zero', Code.toSigned, NaN, 0, Status.ioc],
    ['65520 overflows half precision', Code.toHalf, 65520, 0x7c00, Status.ofc | Status.ixc],
    ['2^-24 in half precision, exact', Code.toHalf, 2 ** -24, 1, 0],
  ] as const)('conversion: %s', (_, [assembly, ...halfwords], operand, expected, flags) => {
    const machine = withFpu(program(assembly, halfwords));
    const { fpu } = machine.core;
    fpu.doubles[2] = operand;
    machine.step(1);
    expect(fpu.words[0]).toBe(expected);
    expect(fpu.fpscr).toBe(flags);
  });

  it('a signalling NaN → quieted with its payload, IOC; with DN → the default NaN', () => {
    for (const [mode, expected] of [[0, 0xffc12345], [0x2000000, 0x7fc00000]] as const) {
      const machine = withFpu(program(Code.addSingle[0], Code.addSingle.slice(1) as number[]));
      const { fpu } = machine.core;
      fpu.prepare();
      [fpu.words[1], fpu.words[2], fpu.fpscr] = [0x3f800000, 0xff812345 | 0, mode];
      machine.step(1);
      expect(fpu.bits32[0]).toBe(expected);
      expect(fpu.fpscr).toBe(mode | Status.ioc);
    }
  });

  it('VCMP and VMRS APSR_nzcv → the flags of the core, Q stays', () => {
    const machine = withFpu(program('vcmp.f32 s0, s1; vmrs APSR_nzcv, fpscr', [0xeeb4, 0x0a60, 0xeef1, 0xfa10]));
    machine.core.qf = 1;
    machine.core.fpu.singles[0] = -1;
    machine.step(2);
    expect(machine.core.xpsr & 0xf8000000).toBe(0x88000000 | 0);
  });
});

describe('access to the FPU', () => {
  const add = program(Code.addSingle[0], Code.addSingle.slice(1) as number[]);

  it('CPACR 0, or 1 for unprivileged code → UsageFault NOCP at the instruction; 3 → executed, and CONTROL.FPCA is set', () => {
    for (const [access, control, exception] of [[0, 0, 6], [0x500000, 1, 6], [0x500000, 0, 0], [0xf00000, 1, 0]] as const) {
      const machine = smallMachine(add);
      machine.system(Reg.shcsr, 0x70000);
      machine.system(cpacr, access);
      machine.core.control = control;
      machine.core.contextChanged();
      machine.core.run(1);
      expect(machine.core.ipsr).toBe(exception);
      expect(read(machine, Reg.cfsr)).toBe(exception ? 0x80000 : 0);
      if (exception) expect(machine.word(machine.reg(13) + 24)).toBe(codeBase);
      else expect(machine.core.control & 4).toBe(4);
    }
  });

  it('an encoding of the FPU that is not allocated → NOCP without access, UNDEFINSTR with', () => {
    for (const [access, cfsr] of [[0, 0x80000], [0xf00000, 0x10000]] as const) {
      const machine = smallMachine(program('vadd.f64 d16, d1, d2', [0xee71, 0x0b02]));
      machine.system(Reg.shcsr, 0x70000);
      machine.system(cpacr, access);
      machine.core.run(1);
      expect(read(machine, Reg.cfsr)).toBe(cfsr);
    }
  });

  it('the first instruction of a context → takes the modes of FPDSCR', () => {
    const machine = withFpu(add);
    machine.system(Reg.fpdscr, 0xffffffff);
    machine.step(1);
    expect(machine.core.fpu.fpscr & 0x07c00000).toBe(0x07c00000);
  });
});

describe('the extended frame', () => {
  /** vadd.f32 s0, s1, s2; nop; b . */
  const usesFpu = program('vadd.f32 s0, s1, s2; nop; b .', [0xee30, 0x0a81, 0xbf00, 0xe7fe]);

  function interrupted(fpccr: number, handler: ReturnType<typeof program>): SmallMachine {
    const machine = withFpu(usesFpu);
    machine.system(Reg.fpccr, fpccr);
    machine.place(handlerOf(16), handler);
    machine.core.otherSp = processStackTop;
    machine.step(1);
    machine.core.fpu.words.set([0x11, 0x22], 14);
    machine.system(Reg.iser, 1);
    machine.system(Reg.ispr, 1);
    machine.core.run(0);
    return machine;
  }
  const returns = program('bx lr', [0x4770]);
  const usesAndReturns = program('vmov s15, lr; bx lr', [0xee07, 0xea90, 0x4770]);

  it('lazy stacking → room for 26 words, EXC_RETURN bit 4 clear, nothing stored until the handler uses the FPU, restored then', () => {
    const machine = interrupted(0xc0000000, usesAndReturns);
    const frame = machine.reg(13);
    expect(machine.reg(14)).toBe(0xffffffe9);
    expect(machine.core.control & 4).toBe(0);
    expect(read(machine, Reg.fpcar)).toBe(frame + 0x20);
    expect(read(machine, Reg.fpccr) & 1).toBe(1);
    expect(machine.word(frame + 0x20 + 4 * 15)).toBe(0);
    machine.step(1);
    expect(read(machine, Reg.fpccr) & 1).toBe(0);
    expect(machine.word(frame + 0x20 + 4 * 15)).toBe(0x22);
    expect(machine.core.fpu.bits32[15]).toBe(0xffffffe9);
    machine.step(1);
    expect(machine.core.fpu.words[15]).toBe(0x22);
    expect(machine.reg(13)).toBe(frame + 0x68);
    expect(machine.core.control & 4).toBe(4);
  });

  it('a handler without floating point → the registers are never stored, the return forgets the lazy state', () => {
    const machine = interrupted(0xc0000000, returns);
    const frame = machine.reg(13);
    machine.step(1);
    expect(machine.word(frame + 0x20 + 4 * 15)).toBe(0);
    expect(machine.core.fpu.words[15]).toBe(0x22);
    expect(read(machine, Reg.fpccr) & 1).toBe(0);
  });

  it('LSPEN clear → stored at entry', () => {
    const machine = interrupted(0x80000000, returns);
    expect(machine.word(machine.reg(13) + 0x20 + 4 * 14)).toBe(0x11);
    expect(read(machine, Reg.fpccr) & 1).toBe(0);
  });

  it('ASPEN and LSPEN clear → FPCA is never set, the basic frame', () => {
    const machine = interrupted(0, returns);
    expect(machine.reg(14)).toBe(0xfffffff9);
  });

  it('lazy stacking where there is no memory → LSPERR, BusFault before the handler’s instruction, which is executed after it', () => {
    const machine = interrupted(0xc0000000, usesAndReturns);
    machine.system(Reg.shcsr, 0x70000);
    machine.system(Reg.fpccr, read(machine, Reg.fpccr) | 0x40);
    machine.system(Reg.fpcar, 0x70000000);
    machine.core.exceptions.priority[16] = 0x10;
    machine.core.run(1);
    expect(machine.core.ipsr).toBe(5);
    expect(read(machine, Reg.cfsr)).toBe(0x2000);
    expect(machine.word(machine.reg(13) + 24)).toBe(handlerOf(16));
    expect(read(machine, Reg.fpccr) & 1).toBe(1);
  });

  it('the same in a handler that HardFault cannot interrupt → lock-up', () => {
    const machine = interrupted(0xc0000000, usesAndReturns);
    machine.system(Reg.fpccr, read(machine, Reg.fpccr) & ~0x70);
    machine.system(Reg.fpcar, 0x70000000);
    expect(machine.run(1)).toMatchObject({ kind: 'lockup' });
  });
});
