import type { Core } from '../cpu/core.js';

/** A register as GDB numbers it: its place in the list. */
export interface DebugRegister {
  readonly name: string;
  readonly bytes: 4 | 8;
  readonly read: (core: Core) => bigint;
  readonly write: (core: Core, value: bigint) => void;
}

const word = (name: string, read: (core: Core) => number, write: (core: Core, value: number) => void): DebugRegister => ({
  name,
  bytes: 4,
  read: (core) => BigInt(read(core) >>> 0),
  write: (core, value) => write(core, Number(BigInt.asUintN(32, value))),
});

/** Whether SP is PSP: thread mode with CONTROL.SPSEL (DDI 0403E B1.4.1). */
const usesPsp = (core: Core): boolean => core.ipsr === 0 && (core.control & 2) !== 0;
const stack = (name: string, current: (core: Core) => boolean): DebugRegister =>
  word(name, (core) => (current(core) ? core.r[13]! : core.otherSp), (core, value) => {
    if (current(core)) core.r[13] = value & ~3;
    else core.otherSp = value & ~3;
  });

function writeXpsr(core: Core, value: number): void {
  core.apsr = value | 0;
  core.ge = (value >>> 16) & 0xf;
  core.it = ((value >>> 8) & 0xfc) | ((value >>> 25) & 3);
  core.thumb = ((value >>> 24) & 1) === 1;
}

function writeControl(core: Core, value: number): void {
  if (core.ipsr === 0 && (value ^ core.control) & 2) [core.r[13], core.otherSp] = [core.otherSp, core.r[13]!];
  core.control = value & 7;
  core.contextChanged();
}

const masked = (name: 'primask' | 'faultmask' | 'basepri', mask: number): DebugRegister =>
  word(name, (core) => core[name], (core, value) => {
    core[name] = value & mask;
    core.contextChanged();
    core.exceptions.priorityChanged();
  });

const general: readonly DebugRegister[] = [
  ...['r0', 'r1', 'r2', 'r3', 'r4', 'r5', 'r6', 'r7', 'r8', 'r9', 'r10', 'r11', 'r12', 'sp', 'lr'].map((name, number) =>
    word(name, (core) => core.r[number]!, (core, value) => {
      core.r[number] = number === 13 ? value & ~3 : value;
    }),
  ),
  word('pc', (core) => core.pc, (core, value) => {
    core.pc = (value & ~1) >>> 0;
  }),
  word('xpsr', (core) => core.xpsr, writeXpsr),
];

const system: readonly DebugRegister[] = [
  stack('msp', (core) => !usesPsp(core)),
  stack('psp', usesPsp),
  masked('primask', 1),
  masked('basepri', 0xff),
  masked('faultmask', 1),
  word('control', (core) => core.control, writeControl),
];

const float: readonly DebugRegister[] = [
  ...Array.from(
    { length: 16 },
    (_, number): DebugRegister => ({
      name: `d${String(number)}`,
      bytes: 8,
      read: (core) => core.fpu.bits64[number]!,
      write: (core, value) => {
        core.fpu.bits64[number] = value;
      },
    }),
  ),
  word('fpscr', (core) => core.fpu.fpscr, (core, value) => core.fpu.setStatus(value)),
];

/** In the order of their numbers, which is that of the target description. */
export const debugRegisters: readonly DebugRegister[] = [...general, ...system, ...float];

const types: Readonly<Record<string, string>> = { sp: 'data_ptr', pc: 'code_ptr', msp: 'data_ptr', psp: 'data_ptr' };

function feature(name: string, registers: readonly DebugRegister[], first: number): string {
  const rows = registers.map((register, index) => {
    const type = register.bytes === 8 ? 'ieee_double' : (types[register.name] ?? 'int');
    return `<reg name="${register.name}" bitsize="${String(8 * register.bytes)}" regnum="${String(first + index)}" type="${type}"/>`;
  });
  return `<feature name="${name}">${rows.join('')}</feature>`;
}

/** The target description that GDB asks for (GDB manual, appendix G.5.2, Arm features). */
export const targetDescription = [
  '<?xml version="1.0"?><!DOCTYPE target SYSTEM "gdb-target.dtd"><target version="1.0"><architecture>arm</architecture>',
  feature('org.gnu.gdb.arm.m-profile', general, 0),
  feature('org.gnu.gdb.arm.m-system', system, general.length),
  feature('org.gnu.gdb.arm.vfp', float, general.length + system.length),
  '</target>',
].join('');
