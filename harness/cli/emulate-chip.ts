import { loadKit } from '../board/index.js';
import { createStm32h7rs } from '../emulator/index.js';
import type { RamRange } from '../emulator/bare-core.js';
import type { Core } from '../emulator/cpu/core.js';
import type { StopReason } from '../emulator/ports.js';
import { hex32 } from '../units/index.js';
import { log } from './io.js';

export interface EmulatedChipOptions {
  readonly kit: string;
  readonly ram?: readonly RamRange[];
  readonly input?: string;
  readonly busFaults: 'precise' | 'imprecise';
  readonly allowUnmodelled?: readonly string[];
  readonly translate?: boolean;
}

interface EmulatedChip {
  readonly core: Core;
  load(address: number, bytes: Uint8Array): void;
  /** All of the chip to its reset state, memories kept. */
  reset(): void;
  start(vectorTable: number): void;
  run(maxInstructions: number): StopReason;
  advanceTo(cycle: number): void;
  readonly instructions: number;
  readonly pc: number;
  readonly unmodelled: readonly string[];
  readonly remarks: readonly string[];
}

/** The kit's chip with nothing but the program in it: no root of trust, caches and MPU off. Throws HarnessError `unknown-kit`, `unknown-block`, `ram-layout`. */
export function emulatedChip(options: EmulatedChipOptions, onOutput: (bytes: Uint8Array) => void): EmulatedChip {
  const kit = loadKit(options.kit);
  const machine = createStm32h7rs({
    kit,
    busFaults: options.busFaults,
    ...(options.ram === undefined ? {} : { extraRam: options.ram }),
    ...(options.translate === undefined ? {} : { translate: options.translate }),
    ...(options.allowUnmodelled === undefined ? {} : { allowUnmodelled: options.allowUnmodelled }),
    onTolerated: ({ first, pc }) => log(`${first?.what ?? ''} is not modelled and was allowed as storage (PC ${hex32(pc)})`),
  });
  const uart = machine.uart(kit.console.uart);
  uart.onTransmit((byte) => onOutput(Uint8Array.of(byte)));
  return {
    core: machine.core,
    load: (address, bytes) => machine.load(address, bytes),
    reset: () => machine.reset('pin'),
    start(vectorTable) {
      machine.jump(vectorTable);
      if (options.input !== undefined) uart.receive(Buffer.from(controlCharacters(options.input), 'latin1'));
    },
    run: (maxInstructions) => machine.run(maxInstructions),
    advanceTo: (cycle) => machine.advanceTo(cycle),
    get instructions() {
      return machine.instructions;
    },
    get pc() {
      return machine.pc;
    },
    get remarks() {
      return machine.remarks;
    },
    get unmodelled() {
      return machine.tolerated.filter(({ first }) => first !== undefined).map(({ name }) => name);
    },
  };
}

function controlCharacters(text: string): string {
  return text.replaceAll('\\r', '\r').replaceAll('\\n', '\n');
}
