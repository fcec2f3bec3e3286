/** Translated code and what comes across it: faults, interrupts, changed code, the MPU, privilege, sleep, a debugger. Always beside an interpreted board. */
import { describe, expect, it } from '@jest/globals';
import { Random } from '../../testing/random.js';
import { codeBase, handlerOf, program, smallMachine, type Program, type SmallMachine } from '../testing/small-machine.js';
import { runSideBySide, stateOf, memoryOf } from './testing/side-by-side.js';

const assembled = (assembly: string, hex: string): Program =>
  program(assembly, Array.from({ length: hex.length / 4 }, (_, index) => parseInt(hex.slice(4 * index + 2, 4 * index + 4) + hex.slice(4 * index, 4 * index + 2), 16)));

const loadsOverTheEnd = assembled('ldr r0, =0x2000ff00; 1: ldr r1, [r0], #4; adds r2, #1; cmp r2, #1000; bne 1b; b .', '034850f8041b0132b2f57a7ff9d1fee700ff0020');
const storesOverTheEnd = assembled('ldr r0, =0x2000ff00; 1: str r2, [r0], #4; adds r2, #1; cmp r2, #1000; bne 1b; b .', '034840f8042b0132b2f57a7ff9d1fee700ff0020');
const ticking = assembled(
  'SysTick every 98 cycles; 1: adds r2, #3; eor r5, r5, r2, lsl #3; str r5, [r4, #4]; ldr r6, [r4, #4]; cmp r6, r5; bne 1b; lsrs r7, r2, #1; it cs; addcs r7, #1; b 1b',
  '0948072140f26103436081600160074c033285eac20565606668ae42f8d1570828bf0137f4e7000010e000e000010020',
);
const counting = assembled('push {r4, lr}; ldr r0, =0x20000200; ldr r1, [r0]; adds r1, #1; str r1, [r0]; pop {r4, pc}', '10b5024801680131016010bd00020020');
const patching = assembled(
  'adr r4, 2f; 1: strh r5, [r4] (adds r1, #1 or subs r1, #2); exchange; movs r3, #5; 3: adds r0, #1; eors r7, r0; adds r7, #3; 2: adds r1, #1; subs r3, #1; bne 3b; b 1b',
  '084806a443f2011543f60216258075406e40754005230130474003370131013bf9d1f3e700030020',
);
const changingPrivilege = assembled(
  'privileged, then not: 1: ldr r1, [sp, #-8]; adds r1, r2; str r1, [sp, #-8]; subs r2, #1; bne 1b; …; svc #0',
  '002383f31488bff36f8f14225df8081c89184df8081c013af8d183f0010383f31488bff36f8f012befd000dfede7',
);
const privilegedAgain = assembled('movs r3, #0; msr control, r3; bx lr', '002383f314887047');
const protecting = assembled(
  '1: ldr r1, [r4]; adds r1, #1; str r1, [r4]; subs r2, #1; bne 1b; every fifth round: r4 becomes read only by the MPU',
  '09480a4c00271e22216801312160013afad10137052ff6d10027054981600549c16005210160eee794ed00e0001000201010002017000006',
);
const mpuOff = assembled('ldr r0, =0xe000ed94; movs r1, #0; str r1, [r0]; bx lr', '014800210160704794ed00e0');
const sleeping = assembled('SysTick every 501 cycles; 1: movs r2, #30; 2: subs r2, #1; bne 2b; wfi; b 1b', '0548072140f2f4134360816001601e22013afdd130bffae710e000e0');
const calling = assembled(
  '1: blx r6; bl 6f; tbb [pc, r1]; …; b 1b; 5: push {r4, r5, lr}; muls r4, r4; add r0, r4; cmp r0, #0; it lt; poplt {r4, r5, pc}; adds r0, #7; pop {r4, r5, pc}; 6: add r2, r0, r2, ror #5; bx lr',
  '114d00240aa60136b04700f019f804f00301dfe801f002040608013704e0023702e0033700e0043701342f60eae700bf30b5644320440028b8bf30bd073030bd00eb72127047000000040020',
);

const quotientOfSingles = assembled('b 2f; 1: adds r0, #1; adds r4, r0; vdiv.f32 s2, s0, s1; adds r5, r4; vmrs r2, fpscr; orrs r3, r2; 2: vmsr fpscr, r1; b 1b', '07e00130241880ee201a2d19f1ee102a1343e1ee101af4e7');
const quotientOfDoubles = assembled('b 2f; 1: adds r0, #1; adds r4, r0; vdiv.f64 d2, d0, d1; adds r5, r4; vmrs r2, fpscr; orrs r3, r2; 2: vmsr fpscr, r1; b 1b', '07e00130241880ee012b2d19f1ee102a1343e1ee101af4e7');

interface Pair {
  readonly interpreted: SmallMachine;
  readonly translated: SmallMachine;
}

function pair(code: Program, handlers: Readonly<Record<number, Program>> = {}): Pair {
  const [interpreted, translated] = [false, { threshold: 1 }].map((translate) => {
    const machine = smallMachine(code, { translate });
    for (const [exception, handler] of Object.entries(handlers)) machine.place(handlerOf(Number(exception)), handler);
    return machine;
  }) as [SmallMachine, SmallMachine];
  return { interpreted, translated };
}

/** Behind every slice of random length the two are the same; returns the share of instructions that translated code executed. */
function compare({ interpreted, translated }: Pair, instructions = 20_000, longest = 400): number {
  const end = interpreted.core.instructions + instructions;
  const asleep = (machine: SmallMachine): { core: SmallMachine['core']; run: SmallMachine['run']; advanceTo: (cycle: number) => void } => ({ core: machine.core, run: (count) => machine.run(count), advanceTo: (cycle) => machine.core.advanceTo(cycle) });
  runSideBySide(asleep(interpreted), asleep(translated), new Random(5), { longest, limit: end });
  return translated.core.translator!.statistics.executed / translated.core.instructions;
}

describe('translated code', () => {
  it('a load beyond the memory in a loop → BusFault with the address at that instruction, registers as they were', () => {
    const machines = pair(loadsOverTheEnd);
    machines.interpreted.run(500);
    machines.translated.run(500);
    expect(stateOf(machines.translated.core)).toEqual(stateOf(machines.interpreted.core));
    expect(machines.translated.core.exceptions.bfar).toBe(0x20010000);
    expect(machines.translated.core.translator!.statistics.executed).toBeGreaterThan(150);
    compare(pair(loadsOverTheEnd), 3000, 30);
  });

  it('a store beyond the memory → an imprecise BusFault behind that instruction', () => {
    const machines = pair(storesOverTheEnd);
    expect(compare(machines, 3000, 300)).toBeGreaterThan(0.05);
    expect(machines.translated.core.exceptions.cfsr).toBe(0x400);
  });

  it('SysTick in the middle of loops → the handler is entered at the same instruction, and itself translated', () => {
    expect(compare(pair(ticking, { 15: counting }))).toBeGreaterThan(0.5);
  });

  it('a program that rewrites an instruction of its own loop → the new one is executed', () => {
    const machines = pair(patching);
    compare(machines, 4000, 200);
    expect(machines.translated.core.translator!.statistics.executed).toBeGreaterThan(100);
  });

  it('code that is written from outside between two runs → the new one is executed', () => {
    const machines = pair(program('1: adds r0, #1; b 1b', [0x3001, 0xe7fd]));
    compare(machines, 1000);
    expect(machines.translated.core.translator!.statistics.regions).toBe(1);
    for (const machine of Object.values(machines)) machine.place(codeBase, program('subs r0, #2', [0x3802]));
    expect(machines.translated.core.translator!.statistics.regions).toBe(0);
    compare(machines, 1000);
    expect(machines.translated.core.r[0]! | 0).toBeLessThan(500);
  });

  it('privileged code goes on unprivileged and back → each in a translation of its own', () => {
    const machines = pair(changingPrivilege, { 11: privilegedAgain });
    expect(compare(machines)).toBeGreaterThan(0.5);
    expect(machines.translated.core.translator!.statistics.regions).toBeGreaterThan(1);
  });

  it('the MPU makes the memory of a loop read only → MemManage there; open again → it goes on', () => {
    expect(compare(pair(protecting, { 3: mpuOff }))).toBeGreaterThan(0.3);
  });

  it('the MPU forbids the code of a loop → MemManage at its next instruction', () => {
    const machines = pair(program('1: adds r0, #1; b 1b', [0x3001, 0xe7fd]));
    compare(machines, 500);
    for (const { core } of Object.values(machines)) {
      // Region 0: all, full access; region 1: the first 8 KB, never executed. The handlers stand behind it.
      for (const [region, base, attributes] of [[0, 0, (3 << 24) | (1 << 17) | (31 << 1) | 1], [1, 0, (1 << 28) | (3 << 24) | (1 << 17) | (12 << 1) | 1]] as const) {
        core.mpu.write(0x0c, base | 0x10 | region);
        core.mpu.write(0x10, attributes);
      }
      core.mpu.write(0x04, 1);
    }
    compare(machines, 200);
    expect(machines.translated.core.exceptions.cfsr).toBe(1);
    expect(machines.translated.core.ipsr).toBe(3);
  });

  it('WFI between loops → asleep at the same instruction, awake at the same cycle', () => {
    const machines = pair(sleeping, { 15: counting });
    compare(machines);
    expect(machines.translated.word(0x20000200)).toBeGreaterThan(100);
  });

  it('calls by register, direct calls, a table branch, a return under IT → from region to region as the interpreter goes', () => {
    expect(compare(pair(calling))).toBeGreaterThan(0.5);
  });

  it('a debugger watches the data of a loop → it sees every access; watched no longer → translated again', () => {
    const machines = pair(ticking, { 15: counting });
    compare(machines, 2000);
    const seen: [string, number[]][] = Object.entries(machines).map(([name, { core }]) => {
      const addresses: number[] = [];
      core.watch({ pages: new Set([0x20000]), access: (address: number) => addresses.push(address) });
      return [name, addresses];
    });
    const before = machines.translated.core.translator!.statistics.executed;
    compare(machines, 2000);
    expect(machines.translated.core.translator!.statistics.executed).toBe(before);
    expect(seen[1]![1]).toEqual(seen[0]![1]);
    expect(seen[1]![1].length).toBeGreaterThan(300);
    for (const { core } of Object.values(machines)) core.watch(undefined);
    compare(machines, 2000);
    expect(machines.translated.core.translator!.statistics.executed).toBeGreaterThan(before);
  });

  it('reset and another program at the same place → nothing of the old one is left', () => {
    const machines = pair(ticking, { 15: counting });
    compare(machines, 2000);
    for (const machine of Object.values(machines)) {
      machine.core.reset();
      machine.place(codeBase, calling);
      machine.core.jump(0);
    }
    compare(machines, 2000);
    expect(memoryOf(machines.translated.core)).toBe(memoryOf(machines.interpreted.core));
  });

  it('the MPU forbids a function that another region calls → MemManage at the call, not a stale way from region to region', () => {
    const machines = pair(program('1: bl 0x3000; b 1b', [0xf001, 0xfffe, 0xe7fc]));
    for (const machine of Object.values(machines)) machine.place(0x3000, program('adds r0, #1; bx lr', [0x3001, 0x4770]));
    expect(compare(machines, 2000)).toBeGreaterThan(0.5);
    // In front of the call: there the translated caller would go on to the callee by itself.
    for (const machine of Object.values(machines)) while (machine.core.pc !== codeBase) machine.step(1);
    for (const { core } of Object.values(machines)) {
      for (const [region, base, attributes] of [[0, 0, (3 << 24) | (1 << 17) | (31 << 1) | 1], [1, 0x3000, (1 << 28) | (3 << 24) | (1 << 17) | (11 << 1) | 1]] as const) {
        core.mpu.write(0x0c, base | 0x10 | region);
        core.mpu.write(0x10, attributes);
      }
      core.mpu.write(0x04, 1);
    }
    compare(machines, 200);
    expect(machines.translated.core.exceptions.cfsr).toBe(1);
  });

  it.each([
    ['single', quotientOfSingles, [0x00800000, 0x7f000000]],
    ['double', quotientOfDoubles, [0, 0x00100000, 0, 0x7fe00000]],
  ])('a %s quotient too small for any number, IXC set before → 0 with UFC, at that instruction', (_precision, code, operands) => {
    const machines = pair(code);
    for (const machine of Object.values(machines)) {
      machine.system(0xe000ed88, 0xf00000); // CPACR
      operands.forEach((word, index) => (machine.core.fpu.words[index] = word));
      machine.core.r[1] = 1 << 4; // FPSCR.IXC
    }
    expect(compare(machines, 1000)).toBeGreaterThan(0.2);
    expect(machines.translated.core.r[3]! & 0x18).toBe(0x18);
  });

  it('unaligned words in a loop → loaded; with CCR.UNALIGN_TRP → UsageFault at the first of them', () => {
    const machines = pair(program('1: ldr r1, [r0]; adds r0, #1; b 1b', [0x6801, 0x3001, 0xe7fc]));
    for (const { core } of Object.values(machines)) core.r[0] = 0x20000100;
    expect(compare(machines, 1000)).toBeGreaterThan(0.1);
    for (const machine of Object.values(machines)) machine.system(0xe000ed14, 0x208);
    compare(machines, 100);
    expect(machines.translated.core.exceptions.cfsr).toBe(0x1000000);
  });

  it("the host's WebAssembly fails at the third region → the rest is interpreted, the same; named once", () => {
    const assembly = (globalThis as unknown as { WebAssembly: { Module: new (bytes: Uint8Array) => object } }).WebAssembly;
    const { Module } = assembly;
    let modules = 0;
    assembly.Module = class extends Module {
      constructor(bytes: Uint8Array) {
        if ((modules += 1) > 2) throw new RangeError('out of memory');
        super(bytes);
      }
    };
    try {
      const machines = pair(calling);
      compare(machines, 5000);
      const { translator } = machines.translated.core;
      expect([modules, translator!.failure, translator!.statistics.regions]).toEqual([3, 'RangeError: out of memory', 0]);
      expect(translator!.statistics.executed).toBeGreaterThan(0);
    } finally {
      assembly.Module = Module;
    }
  });
});
