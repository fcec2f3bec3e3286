import { describe, expect, it } from '@jest/globals';
import { codeBase, program, smallMachine, stackTop, type SmallMachine } from './testing/small-machine.js';

/** What random comparison with QEMU leaves out: SP, branches, lists, system registers, code that changes. */
interface Case {
  readonly code: ReturnType<typeof program>;
  readonly steps: number;
  readonly before?: (machine: SmallMachine) => void;
  readonly expected: Readonly<Record<number, number>>;
}

const end = (bytes: number): number => codeBase + bytes;
const data = 0x20000100;

const cases: readonly Case[] = [
  { code: program('sub sp, #8; add r0, sp, #4; add sp, #12', [0xb082, 0xa801, 0xb003]), steps: 3, expected: { 0: stackTop - 4, 13: stackTop + 4 } },
  { code: program('movs r0, #7; add sp, r0', [0x2007, 0x4485]), steps: 2, expected: { 13: stackTop + 4 } },
  { code: program('movw r0, #0x1237; mov sp, r0', [0xf241, 0x2037, 0x4685]), steps: 2, expected: { 13: 0x1234 } },
  { code: program('ldr.w sp, [r1]', [0xf8d1, 0xd000]), steps: 1, before: (m) => { m.core.r[1] = data; m.setWord(data, 0x20001003); }, expected: { 13: 0x20001000 } },
  { code: program('push {r0, r4, lr}; pop {r1, r2, r3}', [0xb511, 0xbc0e]), steps: 2, before: (m) => { m.core.r[0] = 1; m.core.r[4] = 2; m.core.r[14] = 3; }, expected: { 1: 1, 2: 2, 3: 3, 13: stackTop } },
  { code: program('push {r0, lr}; pop {r1, pc}', [0xb501, 0xbd02]), steps: 2, before: (m) => { m.core.r[0] = 5; m.core.r[14] = 0x2001; }, expected: { 1: 5, 15: 0x2000, 13: stackTop } },
  { code: program('stmdb r1!, {r2, r3}; ldmia r1!, {r4, r5}', [0xe921, 0x000c, 0xc930]), steps: 2, before: (m) => { m.core.r[1] = data; m.core.r[2] = 8; m.core.r[3] = 9; }, expected: { 1: data, 4: 8, 5: 9 } },
  { code: program('ldmia r1, {r1, r2}', [0xc906]), steps: 1, before: (m) => { m.core.r[1] = data; m.setWord(data, 0xa); m.setWord(data + 4, 0xb); }, expected: { 1: 0xa, 2: 0xb } },
  { code: program('bl 1f; nop; 1: bx lr', [0xf000, 0xf801, 0xbf00, 0x4770]), steps: 2, expected: { 14: end(4) + 1, 15: end(4) } },
  { code: program('adr r3, 1f + 1; blx r3; nop; .align 2; 1: movs r0, #9', [0xf20f, 0x0305, 0x4798, 0xbf00, 0x2009, 0xbf00]), steps: 3, expected: { 0: 9, 14: end(6) + 1 } },
  { code: program('tbb [pc, r0]; .byte 1, 2, 3, 0; movs r1, #1; movs r1, #2; movs r1, #3', [0xe8df, 0xf000, 0x0201, 0x0003, 0x2101, 0x2102, 0x2103]), steps: 2, before: (m) => { m.core.r[0] = 1; }, expected: { 1: 1, 15: end(10) } },
  { code: program('tbh [pc, r0, lsl #1]; .hword 2, 3, 4; movs r1, #1; movs r1, #2', [0xe8df, 0xf010, 0x0002, 0x0003, 0x0004, 0x2101, 0x2102]), steps: 2, before: (m) => { m.core.r[0] = 1; }, expected: { 1: 1, 15: end(12) } },
  { code: program('mov pc, r0', [0x4687]), steps: 1, before: (m) => { m.core.r[0] = 0x3000; }, expected: { 15: 0x3000 } },
  { code: program('mov r0, pc; add r1, pc', [0x4678, 0x4479]), steps: 2, expected: { 0: end(4), 1: end(6) } },
  { code: program('ldr r0, [pc, #4]; ldr.w r1, [pc, #-4]; nop; .word 0x12345678', [0x4801, 0xf85f, 0x1004, 0xbf00, 0x5678, 0x1234]), steps: 2, expected: { 0: 0x12345678, 1: 0xf85f4801 } },
  { code: program('cmp r0, r0; ite ne; movne r1, #1; moveq r1, #2', [0x4280, 0xbf14, 0x2101, 0x2102]), steps: 4, expected: { 1: 2 } },
  { code: program('cmp r0, r0; itt eq; moveq r1, #1; beq 1f; movs r2, #1; 1: nop', [0x4280, 0xbf04, 0x2101, 0xe000, 0x2201, 0xbf00]), steps: 4, expected: { 1: 1, 2: 0, 15: end(10) } },
  { code: program('cmp r0, r0; it eq; addeq r0, #1; mrs r1, apsr', [0x4280, 0xbf08, 0x3001, 0xf3ef, 0x8100]), steps: 4, expected: { 0: 1, 1: 0x60000000 } },
  { code: program('movs r0, #0xe0; lsls r0, r0, #24; msr apsr_nzcvq, r0; mrs r1, apsr', [0x20e0, 0x0600, 0xf380, 0x8800, 0xf3ef, 0x8100]), steps: 4, expected: { 1: 0xe0000000 } },
  { code: program('movs r0, #0x5a; msr basepri, r0; mrs r1, basepri; movs r0, #0x60; msr basepri_max, r0; mrs r2, basepri; movs r0, #0x20; msr basepri_max, r0; mrs r3, basepri', [0x205a, 0xf380, 0x8811, 0xf3ef, 0x8111, 0x2060, 0xf380, 0x8812, 0xf3ef, 0x8211, 0x2020, 0xf380, 0x8812, 0xf3ef, 0x8311]), steps: 9, expected: { 1: 0x50, 2: 0x50, 3: 0x20 } },
  { code: program('cpsid i; mrs r0, primask; cpsie i; mrs r1, primask; cpsid f; mrs r2, faultmask; cpsie f; mrs r3, faultmask', [0xb672, 0xf3ef, 0x8010, 0xb662, 0xf3ef, 0x8110, 0xb671, 0xf3ef, 0x8213, 0xb661, 0xf3ef, 0x8313]), steps: 8, expected: { 0: 1, 1: 0, 2: 1, 3: 0 } },
  { code: program('movw r0, #0x2003; msr psp, r0; movs r1, #2; msr control, r1; mov r2, sp; mrs r3, msp; mrs r4, control', [0xf242, 0x0003, 0xf380, 0x8809, 0x2102, 0xf381, 0x8814, 0x466a, 0xf3ef, 0x8308, 0xf3ef, 0x8414]), steps: 7, expected: { 2: 0x2000, 3: stackTop, 4: 2 } },
  { code: program('movs r1, #1; msr control, r1; movs r1, #0; msr control, r1; cpsid i; mrs r2, control; mrs r3, primask; mrs r4, msp', [0x2101, 0xf381, 0x8814, 0x2100, 0xf381, 0x8814, 0xb672, 0xf3ef, 0x8214, 0xf3ef, 0x8310, 0xf3ef, 0x8408]), steps: 8, expected: { 2: 1, 3: 0, 4: 0 } },
  { code: program('ldrex r0, [r1]; strex r2, r3, [r1]; strex r4, r3, [r1]; ldrex r0, [r1]; clrex; strex r5, r3, [r1]', [0xe851, 0x0f00, 0xe841, 0x3200, 0xe841, 0x3400, 0xe851, 0x0f00, 0xf3bf, 0x8f2f, 0xe841, 0x3500]), steps: 6, before: (m) => { m.core.r[1] = data; }, expected: { 2: 0, 4: 1, 5: 1 } },
  { code: program('ldr r0, [r1, #2]; ldrh r2, [r1, #1]; str r3, [r1, #5]; ldr r4, [r1, #4]', [0xf8d1, 0x0002, 0xf8b1, 0x2001, 0xf8c1, 0x3005, 0x684c]), steps: 4, before: (m) => { m.core.r[1] = data; m.setWord(data, 0x44332211); m.setWord(data + 4, 0x88776655); m.core.r[3] = 0x0a0b0c0d; }, expected: { 0: 0x66554433, 2: 0x3322, 4: 0x0b0c0d55 } },
  { code: program('sdiv r0, r1, r2; udiv r3, r1, r2', [0xfb91, 0xf0f2, 0xfbb1, 0xf3f2]), steps: 2, before: (m) => { m.core.r[1] = -0x80000000; m.core.r[2] = -1; }, expected: { 0: 0x80000000, 3: 0 } },
  // newlib's strlen: where is the zero byte?
  { code: program('uadd8 r2, r0, r1; sel r3, r4, r1', [0xfa80, 0xf241, 0xfaa4, 0xf381]), steps: 2, before: (m) => { m.core.r[0] = 0x61006263; m.core.r[1] = -1; m.core.r[4] = 0; }, expected: { 3: 0x00ff0000 } },
];

describe('instructions', () => {
  it.each(cases.map((one) => [one.code.assembly, one] as const))('%s', (_, { code, steps, before, expected }) => {
    const machine = smallMachine(code);
    before?.(machine);
    machine.step(steps);
    expect(machine.core.instructions).toBe(steps);
    const found = Object.fromEntries(Object.keys(expected).map((register) => [register, machine.reg(Number(register))]));
    expect(found).toEqual(Object.fromEntries(Object.entries(expected).map(([register, value]) => [register, value >>> 0])));
  });

  it('a program that overwrites an instruction behind it → the new one is executed, also one that was executed before', () => {
    const machine = smallMachine(program('1: adds r0, #1; strh r2, [r1]; b 1b', [0x3001, 0x800a, 0xe7fc]));
    machine.core.r[1] = codeBase;
    machine.core.r[2] = 0x3010; // ADDS r0, #16
    machine.step(3);
    expect(machine.reg(0)).toBe(1);
    machine.step(3);
    expect(machine.reg(0)).toBe(17);
  });

  it('an instruction that overwrites itself and the one behind it → that one is new', () => {
    const machine = smallMachine(program('str r2, [r1]; movs r0, #1; movs r3, #3', [0x600a, 0x2001, 0x2303]));
    machine.core.r[1] = codeBase;
    machine.core.r[2] = 0x2063_2062 | 0; // MOVS r0, #0x62; MOVS r0, #0x63
    machine.step(3);
    expect([machine.reg(0), machine.reg(3)]).toEqual([0x63, 3]);
  });

  it('an instruction across two pages, its second half overwritten between two passes → the new one', () => {
    const machine = smallMachine(program('nop', [0xbf00]));
    machine.place(0x1ffe, program('movw r0, #0x11', [0xf240, 0x0011]));
    machine.place(0x2002, program('1: strh r2, [r1]; b.w 1b - 4', [0x800a, 0xf7ff, 0xbffb]));
    machine.core.pc = 0x1ffe;
    machine.core.r[1] = 0x2000;
    machine.core.r[2] = 0x0022;
    machine.step(3);
    expect(machine.reg(0)).toBe(0x11);
    machine.step(1);
    expect(machine.reg(0)).toBe(0x22);
  });

  it('BKPT with semihosting → handled, the next instruction follows; another immediate → HardFault with DEBUGEVT', () => {
    const seen: number[] = [];
    const machine = smallMachine(program('bkpt 0xab; bkpt 0x01', [0xbeab, 0xbe01]), { onBreakpoint: (_, immediate) => seen.push(immediate) > 0 && immediate === 0xab });
    machine.step(2);
    expect(seen).toEqual([0xab, 1]);
    expect(machine.core.ipsr).toBe(3);
    expect(machine.core.system.load(0xe000ed2c, 4, true)).toBe(0x80000000);
    expect(machine.core.system.load(0xe000ed30, 4, true)).toBe(2);
  });
});
