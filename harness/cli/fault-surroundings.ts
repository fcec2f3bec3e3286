import type { Kit, RotConfiguration } from '../board/index.js';
import { chooseConfiguration } from '../board/index.js';
import type { RotConfigurationChoice } from '../board/index.js';
import type { ElfFile, NamedRange } from '../elf/index.js';
import { peripherals } from '../emulator/stm32h7rs/peripherals.js';

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

export { disassembler } from '../emulator/disassembly/index.js';
export { elfReader } from '../elf/index.js';
export { protectionAfterBoot } from '../rot/index.js';
