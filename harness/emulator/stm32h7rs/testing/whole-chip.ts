import { loadKit } from '../../../board/index.js';
import { Chip } from '../chip.js';
import { factoryOptionRegisters } from '../flash.js';
import type { TestPorts } from './ports.js';
import { testPorts } from './ports.js';

/** All blocks of a chip without a core: registers by address, board time by `ports.advance`. */
export interface WholeChip {
  readonly chip: Chip;
  readonly ports: TestPorts;
  /** How often the machine was told to look at the memories. */
  readonly memoryChanges: { count: number };
  read(address: number): number;
  write(address: number, value: number): void;
}

export function wholeChip(kitId = 'stm32h7s78-dk'): WholeChip {
  const kit = loadKit(kitId);
  const ports = testPorts();
  const factory = factoryOptionRegisters(kit.device);
  const memoryChanges = { count: 0 };
  const chip: Chip = new Chip(ports, {
    kit,
    seed: 1,
    optionRegisters: () => factory,
    bus: { load: () => 0, store: () => undefined },
    watch: () => undefined,
    onMemoryAccess: () => {
      memoryChanges.count += 1;
    },
  });
  const at = (address: number): Chip['blocks'][number] => {
    const found = chip.blocks.find(({ base, size }) => address >= base && address < base + size);
    if (found === undefined) throw new RangeError(`nothing at ${address.toString(16)}`);
    return found;
  };
  return {
    chip,
    ports,
    memoryChanges,
    read: (address) => at(address).read(address - at(address).base, 4),
    write: (address, value) => {
      at(address).write(address - at(address).base, value >>> 0, 4);
    },
  };
}
