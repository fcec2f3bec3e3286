import { Bus } from '../../bus.js';
import type { Block, MemoryBank, StopReason } from '../../ports.js';
import { Store } from '../../store.js';
import type { CoreOptions } from '../context.js';
import { Core } from '../core.js';

/** Instructions with their assembly, which the specs' titles show. */
export interface Program {
  readonly assembly: string;
  readonly halfwords: readonly number[];
}

export function program(assembly: string, halfwords: readonly number[]): Program {
  return { assembly, halfwords };
}

/** Where programs and handlers stand, and what the vector table says. */
export const codeBase = 0x1000;
export const stackTop = 0x20008000;
export const processStackTop = 0x20004000;
export const handlerBase = 0x4000;
/** Handler of exception n. */
export const handlerOf = (exception: number): number => handlerBase + 0x40 * exception;
const exceptions = 48;

export interface SmallMachine {
  readonly core: Core;
  /** Register by number; 15 is the next instruction's address. */
  reg(number: number): number;
  word(address: number): number;
  setWord(address: number, value: number): void;
  /** A store of the debugger to a system register. */
  system(address: number, value: number): void;
  place(address: number, code: Program): void;
  /** Runs so many instructions; throws where the core stops before. */
  step(count: number): void;
  run(count: number): StopReason;
}

/**
 * A core with 64 KB at 0 and 64 KB at 0x20000000, its program at 0x1000, MSP at the top of the stack. Every exception has
 * a handler of its own (`handlerOf`), which spins unless something is placed there.
 */
export function smallMachine(code: Program, options: CoreOptions & { readonly blocks?: readonly Block[] } = {}): SmallMachine {
  const store = new Store(0x20000);
  const bank = (name: string, base: number): MemoryBank => ({ name, base, size: 0x10000, bytes: store.take(0x10000), writable: true });
  const banks = [bank('code', 0), bank('data', 0x20000000)];
  const bus = new Bus(store, banks, options.blocks ?? []);
  const core = new Core(bus, options);
  const setWord = (address: number, value: number): void => {
    bus.store(address, value >>> 0, 4);
    core.invalidateCode(address, 4);
  };
  const place = (address: number, { halfwords }: Program): void => {
    halfwords.forEach((halfword, index) => bus.store(address + 2 * index, halfword, 2));
    core.invalidateCode(address, 2 * halfwords.length);
  };
  setWord(0, stackTop);
  setWord(4, codeBase | 1);
  for (let exception = 2; exception < exceptions; exception += 1) {
    setWord(4 * exception, handlerOf(exception) | 1);
    place(handlerOf(exception), program('b .', [0xe7fe]));
  }
  place(codeBase, code);
  core.reset();
  core.jump(0);
  const run = (count: number): StopReason => core.run(count);
  return {
    core,
    reg: (number) => (number === 15 ? core.pc : core.r[number] >>> 0),
    word: (address) => bus.load(address, 4),
    setWord,
    system: (address, value) => core.system.store(address, value >>> 0, 4, true),
    place,
    step(count) {
      const stop = run(count);
      if (stop.kind !== 'budget') throw new Error(`the core stopped: ${JSON.stringify(stop)}`);
    },
    run,
  };
}
