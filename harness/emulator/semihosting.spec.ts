import { describe, expect, it } from '@jest/globals';
import { createBareCore, type BareCore } from './bare-core.js';
import type { StopReason } from './ports.js';

const ramBase = 0x20000000;
const argument = ramBase + 0x800;
const strings = ramBase + 0x900;

interface Guest {
  readonly machine: BareCore;
  readonly output: () => string;
  /** One operation with its parameter block (or R1 itself); R0 afterwards. */
  call(operation: number, words: readonly number[] | number): number;
  stop: StopReason | undefined;
}

/** A program of one BKPT 0xAB at a time. */
function guest(): Guest {
  const output: number[] = [];
  const machine = createBareCore({ ram: [{ base: ramBase, size: 0x1000 }], onOutput: (bytes) => output.push(...bytes) });
  machine.load(ramBase, new Uint8Array(Uint32Array.of(ramBase + 0x1000, ramBase + 9, 0xe7febeab).buffer));
  machine.load(strings, Buffer.from(':tt\0:semihosting-features\0/etc/passwd\0', 'latin1'));
  const { core } = machine;
  const made: Guest = {
    machine,
    output: () => Buffer.from(output).toString('latin1'),
    stop: undefined,
    call(operation, words) {
      machine.start(ramBase);
      core.r[0] = operation;
      core.r[1] = typeof words === 'number' ? words : argument;
      if (typeof words !== 'number') words.forEach((word, index) => machine.load(argument + 4 * index, new Uint8Array(Uint32Array.of(word).buffer)));
      made.stop = machine.run(1);
      return core.r[0];
    },
  };
  return made;
}

describe('semihosting', () => {
  it('SYS_OPEN ":tt", SYS_WRITE, SYS_WRITE0, SYS_WRITEC → the output in order', () => {
    const { call, output } = guest();
    const handle = call(0x01, [strings, 4, 3]);
    expect(call(0x05, [handle, strings + 1, 2])).toBe(0);
    call(0x04, strings);
    call(0x03, strings);
    expect(output()).toBe('tt:tt:');
  });

  it('a file of the host → not opened; reading the terminal → nothing', () => {
    const { call } = guest();
    expect(call(0x01, [strings + 26, 0, 11])).toBe(-1);
    expect(call(0x06, [1, strings, 8])).toBe(8);
    expect(call(0x07, 0)).toBe(-1);
  });

  it('":semihosting-features" → SHFB and the bits of SYS_EXIT_EXTENDED and separate standard error', () => {
    const { call, machine } = guest();
    const handle = call(0x01, [strings + 4, 0, 21]);
    expect(call(0x0c, [handle])).toBe(5);
    expect(call(0x06, [handle, argument + 0x40, 4])).toBe(0);
    expect(call(0x06, [handle, argument + 0x44, 4])).toBe(3);
    expect(machine.core.load32(argument + 0x40)).toBe(0x42464853);
    expect(machine.core.load8(argument + 0x44)).toBe(3);
    expect(call(0x0a, [handle, 4])).toBe(0);
    expect(call(0x0a, [handle, 6])).toBe(-1);
  });

  it('SYS_HEAPINFO and SYS_GET_CMDLINE → nothing is prescribed, no argument', () => {
    const { call, machine } = guest();
    expect(call(0x16, [argument + 0x40])).toBe(0);
    expect([0, 4, 8, 12].map((offset) => machine.core.load32(argument + 0x40 + offset))).toEqual([0, 0, 0, 0]);
    expect(call(0x15, [strings, 16])).toBe(0);
    expect(machine.core.load8(strings)).toBe(0);
  });

  it('SYS_CLOCK, SYS_TIME and SYS_ELAPSED → board time at 380 MHz', () => {
    const { call, machine } = guest();
    const frequency = call(0x31, 0);
    expect(frequency).toBe(380_000_000);
    machine.core.advanceTo(2.5 * frequency);
    expect(call(0x10, 0)).toBe(250);
    expect(call(0x11, 0)).toBe(2);
    expect(call(0x30, argument)).toBe(0);
    expect(machine.core.load32(argument)).toBeGreaterThanOrEqual(2.5 * frequency - 2 ** 31);
  });

  it.each([
    ['SYS_EXIT', 0x18, 0x20026, 0],
    ['SYS_EXIT after an abort', 0x18, 0x20023, 1],
    ['SYS_EXIT_EXTENDED with 42', 0x20, [0x20026, 42], 42],
    ['SYS_EXIT_EXTENDED after an abort', 0x20, [0x20023, 0], 1],
  ] as const)('%s → the run ends with the code', (_, operation, words, code) => {
    const one = guest();
    one.call(operation, words);
    expect(one.machine.run(1)).toEqual({ kind: 'exit', code });
  });

  it('an operation that is not here → the run stops with its number', () => {
    const one = guest();
    one.call(0x12, 0);
    expect(one.stop).toMatchObject({ kind: 'unmodelled', what: 'semihosting operation 0x12' });
  });
});
