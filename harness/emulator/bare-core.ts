/** A bare Cortex-M7 with RAM and Arm semihosting: tests of the core itself, no chip around it. */
import { HarnessError } from '../errors/index.js';
import { hex32, type Address, type ByteCount } from '../units/index.js';
import { Bus } from './bus.js';
import { Core } from './cpu/core.js';
import type { MemoryBank, StopReason } from './ports.js';
import { semihosting } from './semihosting.js';
import { Store } from './store.js';
import type { TranslateOptions } from './cpu/translate/options.js';

/** CPU clock of the STM32H7RS after OEMiRoT, for semihosting's clock. */
const frequencyHz = 380_000_000;
const pageSize = 0x1000;
const mostRam = 1 << 30;

export interface RamRange {
  readonly base: Address;
  readonly size: ByteCount;
}

export interface BareCoreOptions {
  readonly ram: readonly RamRange[];
  readonly busFaults?: 'precise' | 'imprecise';
  /** Of hot code; false: everything is interpreted. */
  readonly translate?: boolean | TranslateOptions;
  readonly onOutput: (bytes: Uint8Array) => void;
}

export interface BareCore {
  readonly core: Core;
  /** Writes bytes into RAM. Throws HarnessError `outside-ram`. */
  load(address: Address, bytes: Uint8Array): void;
  /** Starts at a vector table (MSP, PC). */
  start(vectorTable: Address): void;
  run(maxInstructions: number): StopReason;
}

function refuse(message: string): HarnessError {
  return new HarnessError({ code: 'ram-layout', kind: 'usage', message, nextStep: 'give RAM as --ram <base>:<size>, both multiples of 0x1000, without overlap' });
}

/** Throws HarnessError (usage) for RAM that is not page aligned, overlaps, is too large or covers the system space. */
export function createBareCore(options: BareCoreOptions): BareCore {
  const ranges = [...options.ram].sort((one, other) => one.base - other.base);
  ranges.forEach(({ base, size }, index) => {
    if (size <= 0 || base % pageSize || size % pageSize) throw refuse(`RAM at ${hex32(base)} is not made of whole 4 KB pages`);
    if (base + size > 0xe0000000) throw refuse(`RAM at ${hex32(base)} reaches into the system space at 0xe0000000`);
    const next = ranges[index + 1];
    if (next && next.base < base + size) throw refuse(`RAM at ${hex32(base)} and at ${hex32(next.base)} overlap`);
  });
  const total = ranges.reduce((sum, { size }) => sum + size, 0);
  if (total > mostRam) throw refuse('more than 1 GiB of RAM');
  const store = new Store(total);
  const banks = ranges.map(({ base, size }): MemoryBank => ({ name: `RAM ${hex32(base)}`, base, size, bytes: store.take(size), writable: true }));
  const bus = new Bus(store, banks, []);
  const core = new Core(bus, {
    busFaults: options.busFaults ?? 'imprecise',
    ...(options.translate === undefined ? {} : { translate: options.translate }),
    onBreakpoint: semihosting({ write: options.onOutput, frequencyHz }),
  });
  return {
    core,
    load(address, bytes) {
      if (bytes.length === 0) return;
      const bank = bus.bankAt(address);
      if (!bank || address + bytes.length > bank.base + bank.size) {
        throw new HarnessError({
          code: 'outside-ram',
          kind: 'usage',
          message: `the program wants ${bytes.length} bytes at ${hex32(address)}, where no RAM is`,
          nextStep: 'add --ram <base>:<size> for that address',
        });
      }
      bank.bytes.set(bytes, address - bank.base);
      core.invalidateCode(address, bytes.length);
    },
    start(vectorTable) {
      core.reset();
      core.jump(vectorTable);
    },
    run: (maxInstructions) => core.run(maxInstructions),
  };
}
