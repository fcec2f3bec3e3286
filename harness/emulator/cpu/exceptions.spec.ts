import { describe, expect, it } from '@jest/globals';
import { BusError, type Block } from '../ports.js';
import { entryCycles, tailChainCycles } from './exceptions.js';
import { codeBase, handlerOf, processStackTop, program, smallMachine, stackTop, type SmallMachine } from './testing/small-machine.js';

const Reg = {
  icsr: 0xe000ed04, aircr: 0xe000ed0c, scr: 0xe000ed10, ccr: 0xe000ed14, shpr1: 0xe000ed18, shpr2: 0xe000ed1c, shpr3: 0xe000ed20, shcsr: 0xe000ed24, cfsr: 0xe000ed28, hfsr: 0xe000ed2c,
  mmfar: 0xe000ed34, bfar: 0xe000ed38, iser: 0xe000e100, ispr: 0xe000e200, iabr: 0xe000e300, ipr: 0xe000e400, vtor: 0xe000ed08, stir: 0xe000ef00,
} as const;
const allFaults = 0x70000;
const nothing = program('nop; nop; nop; nop; nop; nop; b .', [0xbf00, 0xbf00, 0xbf00, 0xbf00, 0xbf00, 0xbf00, 0xe7fe]);
const returns = program('bx lr', [0x4770]);

const read = (machine: SmallMachine, address: number): number => machine.core.system.load(address, 4, true);
/** R0, R1, R2, R3, R12, LR, PC, xPSR on the stack. */
const frame = (machine: SmallMachine, at = machine.reg(13)): number[] => Array.from({ length: 8 }, (_, index) => machine.word(at + 4 * index));

function pendIrq(machine: SmallMachine, irq: number, priority: number): void {
  machine.system(Reg.ipr + (irq & ~3), (read(machine, Reg.ipr + (irq & ~3)) & ~(0xff << (8 * (irq & 3)))) | (priority << (8 * (irq & 3))));
  machine.system(Reg.iser, 1 << irq);
  machine.system(Reg.ispr, 1 << irq);
}

describe('exception entry', () => {
  it('an interrupt → eight words on the stack, EXC_RETURN in LR, the handler in privileged handler mode', () => {
    const machine = smallMachine(nothing);
    [1, 2, 3, 4].forEach((value, register) => { machine.core.r[register] = value; });
    machine.core.r[12] = 12;
    machine.core.r[14] = 14;
    machine.step(2);
    pendIrq(machine, 5, 0x40);
    machine.step(1);
    expect(frame(machine)).toEqual([1, 2, 3, 4, 12, 14, codeBase + 4, 0x01000000]);
    expect(machine.reg(13)).toBe(stackTop - 32);
    expect(machine.reg(14)).toBe(0xfffffff9);
    expect(machine.core.ipsr).toBe(21);
    expect(read(machine, Reg.iabr)).toBe(1 << 5);
    expect(machine.core.cycles - machine.core.instructions).toBe(entryCycles);
  });

  it('SP at an odd word → padded, xPSR bit 9 tells, the return takes it back; CCR.STKALIGN cannot be cleared', () => {
    for (const [ccr, sp, bit9] of [[0x200, stackTop - 40, 0x200], [0, stackTop - 40, 0x200]] as const) {
      const machine = smallMachine(nothing);
      machine.place(handlerOf(16), returns);
      machine.system(Reg.ccr, ccr);
      machine.core.r[13] = stackTop - 4;
      pendIrq(machine, 0, 0);
      machine.core.run(0);
      expect(machine.reg(13)).toBe(sp);
      expect(frame(machine)[7] & 0x200).toBe(bit9);
      machine.step(1);
      machine.step(1);
      expect(machine.reg(13)).toBe(stackTop - 4);
    }
  });

  it('from the process stack → the frame is there, the handler runs on MSP, EXC_RETURN ends in D', () => {
    const machine = smallMachine(program('movs r1, #3; msr control, r1; nop; nop', [0x2103, 0xf381, 0x8814, 0xbf00, 0xbf00]));
    machine.core.otherSp = processStackTop;
    machine.step(3);
    pendIrq(machine, 0, 0);
    machine.step(1);
    expect(machine.reg(14)).toBe(0xfffffffd);
    expect(machine.reg(13)).toBe(stackTop);
    expect(frame(machine, processStackTop - 32)[1]).toBe(3);
    expect(machine.core.privileged).toBe(true);
  });

  it('in an IT block → ITSTATE is stacked and taken up again', () => {
    const machine = smallMachine(program('cmp r0, r0; ittt eq; moveq r1, #1; moveq r2, #2; moveq r3, #3; nop', [0x4280, 0xbf02, 0x2101, 0x2202, 0x2303, 0xbf00]));
    machine.place(handlerOf(16), returns);
    machine.step(3);
    pendIrq(machine, 0, 0);
    machine.core.run(0);
    expect(frame(machine)[7]).toBe(0x6100_0000 + (0x04 << 8) + 0);
    machine.step(3);
    expect([machine.reg(1), machine.reg(2), machine.reg(3)]).toEqual([1, 2, 3]);
    expect(machine.core.it).toBe(0);
  });
});

describe('priorities', () => {
  const log = (machine: SmallMachine, instructions: number): number[] => {
    const seen: number[] = [];
    for (let step = 0; step < instructions; step += 1) {
      machine.core.run(1);
      if (machine.core.ipsr !== seen.at(-1)) seen.push(machine.core.ipsr);
    }
    return seen;
  };
  const spin = (machine: SmallMachine, exception: number): void => machine.place(handlerOf(exception), program('nop; nop; bx lr', [0xbf00, 0xbf00, 0x4770]));

  it('four interrupts at once → by priority, then by number; each return enters the next without leaving handler mode', () => {
    const machine = smallMachine(nothing);
    for (const [irq, priority] of [[0, 0x80], [1, 0x40], [2, 0x80], [3, 0x20]] as const) {
      spin(machine, 16 + irq);
      pendIrq(machine, irq, priority);
    }
    expect(log(machine, 13)).toEqual([19, 17, 16, 18, 0]);
    // One entry, three tail chains, one return.
    expect(machine.core.cycles - machine.core.instructions).toBe(2 * entryCycles + 3 * tailChainCycles);
    expect(machine.reg(13)).toBe(stackTop);
  });

  it('a more urgent one that becomes pending while the first is entered → it comes first, on one frame, the first one after it', () => {
    const machine = smallMachine(nothing);
    machine.place(handlerOf(16), returns);
    machine.place(handlerOf(17), returns);
    machine.system(Reg.ipr, 0x2080);
    machine.system(Reg.iser, 3);
    machine.core.scheduler.at(machine.core.cycles + entryCycles - 1, () => { machine.core.exceptions.pend(17); });
    machine.system(Reg.ispr, 1);
    machine.core.run(0);
    expect(machine.core.ipsr).toBe(17);
    expect(machine.reg(13)).toBe(stackTop - 32);
    machine.step(1);
    expect(machine.core.ipsr).toBe(16);
    expect(machine.reg(13)).toBe(stackTop - 32);
    machine.step(1);
    expect(machine.core.ipsr).toBe(0);
    expect(machine.reg(13)).toBe(stackTop);
  });

  it('a more urgent one during a handler → nested; an equal one waits', () => {
    const machine = smallMachine(nothing);
    for (const irq of [0, 1, 2]) spin(machine, 16 + irq);
    pendIrq(machine, 0, 0x80);
    machine.step(1);
    pendIrq(machine, 1, 0x80);
    pendIrq(machine, 2, 0x70);
    expect(log(machine, 10)).toEqual([18, 16, 17, 0]);
  });

  it('PRIGROUP 7 leaves no group bits → nothing preempts, the subpriority still orders', () => {
    const machine = smallMachine(nothing);
    machine.system(Reg.aircr, 0x05fa0700);
    for (const irq of [0, 1, 2]) spin(machine, 16 + irq);
    pendIrq(machine, 0, 0x80);
    machine.step(1);
    pendIrq(machine, 1, 0x60);
    pendIrq(machine, 2, 0x40);
    expect(log(machine, 10)).toEqual([16, 18, 17, 0]);
  });

  it('only four priority bits → the others read as zero; AIRCR without its key changes nothing', () => {
    const machine = smallMachine(nothing);
    machine.system(Reg.ipr, 0x123456ff);
    expect(read(machine, Reg.ipr)).toBe(0x103050f0);
    machine.system(Reg.aircr, 0x0000_0704);
    expect(read(machine, Reg.aircr)).toBe(0xfa050000);
    expect(machine.run(1).kind).toBe('budget');
    machine.system(Reg.aircr, 0x05fa0304);
    expect(machine.run(1)).toEqual({ kind: 'reset', cause: 'system' });
    expect(read(machine, Reg.aircr)).toBe(0xfa050300);
  });

  it.each([
    ['PRIMASK', program('cpsid i; nop; nop; cpsie i; nop', [0xb672, 0xbf00, 0xbf00, 0xb662, 0xbf00]), 4],
    ['FAULTMASK', program('cpsid f; nop; nop; cpsie f; nop', [0xb671, 0xbf00, 0xbf00, 0xb661, 0xbf00]), 4],
    ['BASEPRI', program('movs r0, #0x40; msr basepri, r0; movs r0, #0; msr basepri, r0; nop', [0x2040, 0xf380, 0x8811, 0x2000, 0xf380, 0x8811, 0xbf00]), 4],
  ])('%s set → the interrupt waits until it is cleared', (_, code, steps) => {
    const machine = smallMachine(code);
    machine.step(2);
    pendIrq(machine, 0, 0x40);
    for (let step = 2; step < steps; step += 1) {
      machine.step(1);
      if (step < steps - 1) expect(machine.core.ipsr).toBe(0);
    }
    machine.core.run(0);
    expect(machine.core.ipsr).toBe(16);
  });

  it('BASEPRI above the priority → the interrupt is taken', () => {
    const machine = smallMachine(program('movs r0, #0x40; msr basepri, r0; nop; nop', [0x2040, 0xf380, 0x8811, 0xbf00, 0xbf00]));
    machine.step(2);
    pendIrq(machine, 0, 0x30);
    machine.step(1);
    expect(machine.core.ipsr).toBe(16);
  });

  it('a level that stays active → pending again after the return; a level that fell → not', () => {
    const machine = smallMachine(nothing);
    machine.place(handlerOf(20), returns);
    machine.system(Reg.iser, 1 << 4);
    machine.core.exceptions.setLevel(4, true);
    machine.step(1);
    // The return has entered the handler again.
    expect([machine.core.ipsr, machine.core.instructions]).toEqual([20, 1]);
    machine.core.exceptions.setLevel(4, false);
    machine.step(1);
    expect(machine.core.ipsr).toBe(0);
  });

  it('STIR, ICSR and ICPR → pending and not; ICSR shows what is pending and active', () => {
    const machine = smallMachine(nothing);
    machine.system(Reg.stir, 7);
    machine.system(Reg.icsr, 1 << 28);
    expect(read(machine, Reg.ispr)).toBe(1 << 7);
    expect(read(machine, Reg.icsr)).toBe(((1 << 28) | (1 << 22) | (14 << 12) | (1 << 11)) >>> 0);
    machine.system(Reg.icsr, 1 << 27);
    machine.system(0xe000e280, 1 << 7);
    expect(read(machine, Reg.icsr)).toBe(1 << 11);
    expect(log(machine, 3)).toEqual([0]);
  });
});

describe('faults', () => {
  it.each([
    ['USGFAULTENA set → UsageFault', allFaults, 6, 0],
    ['USGFAULTENA clear → HardFault, FORCED', 0, 3, 0x40000000],
  ])('UDF with %s', (_, shcsr, exception, hfsr) => {
    const machine = smallMachine(program('nop; udf #0', [0xbf00, 0xde00]));
    machine.system(Reg.shcsr, shcsr);
    machine.step(2);
    expect([machine.core.ipsr, read(machine, Reg.cfsr), read(machine, Reg.hfsr)]).toEqual([exception, 0x10000, hfsr]);
    expect(frame(machine)[6]).toBe(codeBase + 2);
  });

  it('a store where nothing is → the instruction completes, BusFault with IMPRECISERR and without address; precise on request', () => {
    const store = program('str r0, [r1], #4; nop; nop', [0xf841, 0x0b04, 0xbf00, 0xbf00]);
    const imprecise = smallMachine(store);
    imprecise.system(Reg.shcsr, allFaults);
    imprecise.core.r[1] = 0x70000000;
    imprecise.step(1);
    imprecise.core.run(0);
    expect([imprecise.core.ipsr, read(imprecise, Reg.cfsr), imprecise.reg(1), frame(imprecise)[6]]).toEqual([5, 0x400, 0x70000004, codeBase + 4]);
    const precise = smallMachine(store, { busFaults: 'precise' });
    precise.system(Reg.shcsr, allFaults);
    precise.core.r[1] = 0x70000000;
    precise.step(1);
    expect([precise.core.ipsr, read(precise, Reg.cfsr), read(precise, Reg.bfar), precise.reg(1), frame(precise)[6]]).toEqual([5, 0x8200, 0x70000000, 0x70000000, codeBase]);
  });

  it.each([
    ['FAULTMASK, cleared behind it', [0xb671, 0x6008, 0xbf00, 0xb661, 0xbf00], 3],
    ['FAULTMASK, never cleared', [0xb671, 0x6008, 0xbf00, 0xbf00, 0xbf00], 0],
  ])('an imprecise bus fault under %s, BUSFAULTENA clear → HardFault is pended, never lock-up, and taken when the priority lets it in', (_, halfwords, exception) => {
    const machine = smallMachine(program('cpsid f; str r0, [r1]; nop; cpsie f | nop; nop', halfwords));
    machine.core.r[1] = 0x70000000;
    machine.step(3);
    expect([machine.core.ipsr, read(machine, Reg.cfsr), read(machine, Reg.hfsr)]).toEqual([0, 0x400, 0x40000000]);
    machine.step(1);
    machine.core.run(0);
    expect(machine.core.ipsr).toBe(exception);
  });

  it('an imprecise bus fault inside HardFault, BUSFAULTENA clear → the handler goes on, then HardFault is entered again', () => {
    const machine = smallMachine(program('udf #0; nop', [0xde00, 0xbf00]));
    machine.place(handlerOf(3), program('str r0, [r1]; adds r2, #1; bx lr', [0x6008, 0x3201, 0x4770]));
    machine.core.r[1] = 0x70000000;
    machine.core.r[2] = 0;
    machine.step(3);
    expect([machine.core.ipsr, machine.reg(2)]).toEqual([3, 1]);
    machine.step(3);
    expect([machine.core.ipsr, machine.reg(2)]).toEqual([3, 2]);
  });

  it('a load under IT that faults, also when it has been executed before → ITSTATE of that instruction is stacked', () => {
    const machine = smallMachine(program('1: cmp r0, r0; itte eq; moveq r2, #1; ldreq r3, [r1]; movne r2, #2; b 1b', [0x4280, 0xbf06, 0x2201, 0x680b, 0x2202, 0xe7f9]));
    machine.system(Reg.shcsr, allFaults);
    machine.core.r[1] = 0x20000100;
    machine.step(12);
    machine.core.r[1] = 0x70000000;
    machine.step(4);
    expect([machine.core.ipsr, read(machine, Reg.bfar), frame(machine)[6]]).toEqual([5, 0x70000000, codeBase + 6]);
    // EQ, two instructions left: ITSTATE 0b0000_1100.
    expect(frame(machine)[7]).toBe(0x6100_0000 | (0x0c << 8));
  });

  it('a block that answers with a bus error → BusFault with its address', () => {
    const block: Block = { name: 'X', base: 0x40000000, size: 0x400, read: () => { throw new BusError(0x40000010); }, write: () => undefined, reset: () => undefined, saved: () => ({}), restore: () => undefined };
    const machine = smallMachine(program('ldr r0, [r1, #16]', [0x6908]), { blocks: [block] });
    machine.system(Reg.shcsr, allFaults);
    machine.core.r[1] = 0x40000000;
    machine.step(1);
    expect([machine.core.ipsr, read(machine, Reg.cfsr), read(machine, Reg.bfar)]).toEqual([5, 0x8200, 0x40000010]);
  });

  it.each([
    ['peripheral space', 0x40000001, true],
    ['RAM', 0x20000101, false],
    ['system space', 0xe000ed01, true],
  ])('an unaligned load from %s → UNALIGNED where it is Device memory', (_, address, faults) => {
    const block: Block = { name: 'X', base: 0x40000000, size: 0x400, read: () => 0, write: () => undefined, reset: () => undefined, saved: () => ({}), restore: () => undefined };
    const machine = smallMachine(program('ldr r0, [r1]', [0x6808]), { blocks: [block] });
    machine.system(Reg.shcsr, allFaults);
    machine.core.r[1] = address | 0;
    machine.step(1);
    expect(read(machine, Reg.cfsr)).toBe(faults ? 0x01000000 : 0);
  });

  it('a return with T clear → INVSTATE at the target', () => {
    const machine = smallMachine(nothing);
    machine.system(Reg.shcsr, allFaults);
    machine.place(handlerOf(16), program('ldr r0, [sp, #28]; bic r0, #0x1000000; str r0, [sp, #28]; bx lr', [0x9807, 0xf020, 0x7080, 0x9007, 0x4770]));
    pendIrq(machine, 0, 0);
    machine.step(5);
    expect([machine.core.ipsr, read(machine, Reg.cfsr), frame(machine)[6]]).toEqual([6, 0x20000, codeBase]);
  });

  it('EXC_RETURN that does not fit → INVPC, the handler finds the frame that was to be left', () => {
    const machine = smallMachine(nothing);
    machine.system(Reg.shcsr, allFaults);
    machine.place(handlerOf(16), program('mvn r0, #10; bx r0', [0xf06f, 0x000a, 0x4700]));
    pendIrq(machine, 0, 0x10);
    machine.step(2);
    expect([machine.core.ipsr, read(machine, Reg.cfsr), machine.reg(13), frame(machine)[6]]).toEqual([6, 0x40000, stackTop - 32, codeBase]);
    expect(machine.reg(14)).toBe(0xfffffff5);
    expect(read(machine, Reg.iabr)).toBe(0);
  });

  it('the process stack without memory → STKERR comes first, the SVC stays pending', () => {
    const machine = smallMachine(program('movs r1, #2; msr control, r1; svc #0', [0x2102, 0xf381, 0x8814, 0xdf00]));
    machine.system(Reg.shcsr, allFaults);
    machine.core.otherSp = 0x70000100;
    machine.step(2);
    machine.core.run(1);
    expect(machine.core.ipsr).toBe(5);
    expect(read(machine, Reg.cfsr) & 0x1000).toBe(0x1000);
    expect(read(machine, Reg.shcsr) & 0x8000).toBe(0x8000);
  });

  it.each([
    ['UDF in the HardFault handler', program('udf #0', [0xde00]), 3],
    ['SVC in the HardFault handler', program('svc #0', [0xdf00]), 3],
  ])('%s → lock-up as a named stop', (_, code, exception) => {
    const machine = smallMachine(program('udf #0', [0xde00]));
    machine.place(handlerOf(exception), code);
    const stop = machine.run(10);
    expect(stop).toMatchObject({ kind: 'lockup', pc: handlerOf(exception) });
  });

  it('a vector that cannot be read → HardFault with VECTTBL', () => {
    const machine = smallMachine(nothing);
    machine.system(Reg.vtor, 0x0000ff80);
    machine.setWord(0xff80 + 12, handlerOf(3) | 1);
    pendIrq(machine, 32 - 16 + 0, 0); // exception 32: behind the end of the memory
    machine.step(1);
    expect([machine.core.ipsr, read(machine, Reg.hfsr)]).toEqual([3, 2]);
  });

  it('BFHFNMIGN in a HardFault handler → a load from nowhere goes on; without it → lock-up', () => {
    for (const [ccr, kind] of [[0x300, 'budget'], [0x200, 'lockup']] as const) {
      const machine = smallMachine(program('udf #0', [0xde00]));
      machine.system(Reg.ccr, ccr);
      machine.place(handlerOf(3), program('ldr r0, [r1]; b .', [0x6808, 0xe7fe]));
      machine.core.r[1] = 0x70000000;
      expect(machine.run(5).kind).toBe(kind);
      if (kind === 'budget') expect([read(machine, Reg.cfsr) & 0xff00, read(machine, Reg.bfar)]).toEqual([0x8200, 0x70000000]);
    }
  });
});

describe('sleep', () => {
  it('WFI → idle until the next event; an interrupt wakes it even with PRIMASK, which keeps it from being taken', () => {
    const machine = smallMachine(program('cpsid i; wfi; movs r0, #1; b .', [0xb672, 0xbf30, 0x2001, 0xe7fe]));
    machine.system(Reg.iser, 1);
    machine.core.scheduler.at(1000, () => machine.core.exceptions.pend(16));
    expect(machine.run(100)).toEqual({ kind: 'idle', until: 1000 });
    expect(machine.run(100)).toEqual({ kind: 'idle', until: 1000 });
    machine.core.advanceTo(1000);
    machine.step(1);
    expect([machine.reg(0), machine.core.ipsr]).toEqual([1, 0]);
  });

  it('WFI with nothing that could end it → idle without a time', () => {
    expect(smallMachine(program('wfi', [0xbf30])).run(100)).toEqual({ kind: 'idle', until: undefined });
  });

  it('WFE after SEV → goes on and uses the event up; the next one sleeps', () => {
    const machine = smallMachine(program('sev; wfe; movs r0, #1; wfe', [0xbf40, 0xbf20, 0x2001, 0xbf20]));
    expect(machine.run(100)).toEqual({ kind: 'idle', until: undefined });
    expect(machine.reg(0)).toBe(1);
    expect(machine.core.instructions).toBe(4);
  });

  it.each([[0x10, 'budget'], [0, 'idle']] as const)('SCR %i, a disabled interrupt becomes pending during WFE → %s', (scr, kind) => {
    const machine = smallMachine(program('wfe; b .', [0xbf20, 0xe7fe]));
    machine.system(Reg.scr, scr);
    machine.core.scheduler.at(50, () => machine.core.exceptions.pend(18));
    expect(machine.run(10)).toEqual({ kind: 'idle', until: 50 });
    machine.core.advanceTo(50);
    expect(machine.run(10).kind).toBe(kind);
  });

  it('SLEEPONEXIT → back to sleep after the handler; the thread does not go on', () => {
    const machine = smallMachine(program('wfi; movs r7, #1; b .', [0xbf30, 0x2701, 0xe7fe]));
    machine.place(handlerOf(16), program('adds r6, #1; str r6, [r5]; bx lr', [0x3601, 0x602e, 0x4770]));
    machine.core.r[5] = 0x20000100;
    machine.system(Reg.scr, 2);
    machine.system(Reg.iser, 1);
    machine.core.scheduler.at(100, () => machine.core.exceptions.pend(16));
    machine.run(10);
    machine.core.advanceTo(100);
    expect(machine.run(10)).toEqual({ kind: 'idle', until: undefined });
    expect([machine.word(0x20000100), machine.reg(7)]).toEqual([1, 0]);
  });
});

describe('SysTick', () => {
  it('LOAD 99, zero reached during the entry of another exception → the next period counts from the cycle that was due', () => {
    const machine = smallMachine(program('b .', [0xe7fe]));
    for (const exception of [15, 16]) machine.place(handlerOf(exception), returns);
    machine.system(0xe000e014, 99);
    machine.system(0xe000e018, 0);
    machine.system(0xe000e010, 7);
    machine.system(Reg.iser, 1);
    const start = machine.core.cycles;
    machine.core.scheduler.at(start + 98, () => machine.core.exceptions.pend(16));
    while (machine.core.cycles - start < 98) machine.step(1);
    // Entry of the interrupt, its return, which enters SysTick's handler, and that one's return.
    machine.step(2);
    expect(machine.core.cycles - start).toBe(98 + 2 + 2 * entryCycles + tailChainCycles);
    expect(read(machine, 0xe000e018)).toBe(200 - (machine.core.cycles - start));
    expect(read(machine, 0xe000e010)).toBe(0x10007);
  });

  it('COUNTFLAG → set at zero, cleared by reading; the reference clock is slower by its divider', () => {
    const machine = smallMachine(program('b .', [0xe7fe]), { sysTickDivider: 8 });
    machine.system(0xe000e014, 9);
    machine.system(0xe000e018, 0);
    machine.system(0xe000e010, 5);
    machine.step(9);
    expect(read(machine, 0xe000e010)).toBe(5);
    machine.step(2);
    expect(read(machine, 0xe000e010)).toBe(0x10005);
    expect(read(machine, 0xe000e010)).toBe(5);
    machine.system(0xe000e010, 1);
    machine.system(0xe000e018, 0);
    machine.step(79);
    expect(read(machine, 0xe000e010) & 0x10000).toBe(0);
    machine.step(2);
    expect(read(machine, 0xe000e010) & 0x10000).toBe(0x10000);
  });

  it('TICKINT 0 → nothing that a sleeping core waits for; with TICKINT its zero is. Values and COUNTFLAG are those of a counter that was watched', () => {
    const machine = smallMachine(program('wfi; b .', [0xbf30, 0xe7fe]));
    machine.system(0xe000e014, 99);
    machine.system(0xe000e018, 0);
    machine.system(0xe000e010, 5);
    const start = machine.core.cycles;
    expect(machine.run(10)).toEqual({ kind: 'idle', until: undefined });
    machine.core.advanceTo(start + 1234);
    expect([read(machine, 0xe000e018), read(machine, 0xe000e010), read(machine, 0xe000e010)]).toEqual([66, 0x10005, 5]);
    machine.system(0xe000e014, 49);
    machine.core.advanceTo(start + 1310);
    // From the 66 on to 0, then in periods of 50.
    expect([read(machine, 0xe000e018), read(machine, 0xe000e010)]).toEqual([40, 0x10005]);
    machine.system(0xe000e010, 7);
    expect(machine.run(10)).toEqual({ kind: 'idle', until: start + 1350 });
  });
});
