import type { Kit, RotConfiguration } from '../board/index.js';
import { chooseConfiguration } from '../board/index.js';
import type { RotConfigurationChoice } from '../board/index.js';
import type { ElfFile, FaultSurroundings, MemoryReader, NamedRange } from '../elf/index.js';
import { disassembleAround } from '../emulator/disassembly/index.js';
import { peripherals } from '../emulator/stm32h7rs/peripherals.js';

/** Instructions shown before the one that faulted, and behind it. */
const window = { before: 4, after: 3 } as const;
/**
 * The configuration that a program was linked for: the one whose application begins where its lowest loaded byte is; else the kit's default.
 * @throws HarnessError `unsupported-configuration` (usage)
 */
export function configurationOf(kit: Kit, elf: ElfFile, choice: RotConfigurationChoice): RotConfiguration {
  if (choice.exec === undefined) {
    const lowest = Math.min(...elf.segments.filter(({ bytes }) => bytes.length > 0).map(({ virtualAddress }) => virtualAddress));
    const bootPath = choice.bootPath ?? 'oemirot';
    const mode = choice.mode ?? 'overwrite';
    const layout = kit.bootPaths[bootPath]?.layouts.find((each) => each.modes.includes(mode) && each.runAddress === lowest);
    if (layout !== undefined) return chooseConfiguration(kit, { ...choice, exec: layout.exec });
  }
  return chooseConfiguration(kit, choice);
}

/** Memories and peripherals of a kit by name. */
export function placesOf(kit: Kit): readonly NamedRange[] {
  const { externalFlash, externalRam, device } = kit;
  return [
    ...device.memories,
    { name: 'external flash', base: externalFlash.base, size: externalFlash.size },
    ...(externalRam === undefined ? [] : [{ name: 'external RAM', base: externalRam.base, size: externalRam.size }]),
    ...peripherals.map(({ name, base, size }) => ({ name, base, size })),
    { name: 'the peripheral area', base: 0x40000000, size: 0x20000000 },
  ];
}

/** Reads what the file loads, by run address. */
export function elfReader(elf: ElfFile): MemoryReader {
  return (address, size) => {
    const segment = elf.segments.find(({ virtualAddress, bytes }) => address >= virtualAddress && address + size <= virtualAddress + bytes.length);
    return segment?.bytes.subarray(address - segment.virtualAddress, address - segment.virtualAddress + size);
  };
}

/** The disassembler of an explanation over any reader. */
export function disassembler(read: MemoryReader): FaultSurroundings['disassemble'] {
  const halfword = (address: number): number | undefined => {
    const bytes = read(address, 2);
    return bytes === undefined ? undefined : bytes[0]! | (bytes[1]! << 8);
  };
  return (address, start) => disassembleAround(halfword, address, { ...window, ...(start === undefined ? {} : { start }) });
}

export { protectionAfterBoot } from './protection-after-boot.js';
