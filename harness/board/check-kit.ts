import { hex, hex32 } from '../units/index.js';
import { nearest } from './nearest.js';
import type { Kit, McubootPath, MemoryArea } from './types.js';
import type { YamlFile } from './yaml-file.js';

const contains = (outer: MemoryArea, inner: MemoryArea): boolean =>
  inner.base >= outer.base && inner.base + inner.size <= outer.base + outer.size;
const overlaps = (a: MemoryArea, b: MemoryArea): boolean => a.base < b.base + b.size && b.base < a.base + a.size;

/** What a schema cannot say: names that must exist elsewhere, areas that must fit. @throws HarnessError `board-file` (usage) */
export function checkKit(kit: Kit, file: YamlFile): void {
  const uarts = kit.device.uarts.map((uart) => uart.name);
  if (!uarts.includes(kit.console.uart)) {
    throw file.error(['console', 'uart'], `${kit.device.name} has no ${kit.console.uart}`, `choose one of: ${uarts.join(', ')}`);
  }
  const { sectorSize, loaderSectorSize, size } = kit.externalFlash;
  if (loaderSectorSize !== undefined && (loaderSectorSize % sectorSize !== 0 || size % loaderSectorSize !== 0)) {
    throw file.error(['externalFlash', 'loaderSectorSize'], `loaderSectorSize is no whole number of sectors of ${sectorSize} bytes, or does not divide the flash`, 'give what the external loader erases at once');
  }
  for (const [name, path] of Object.entries(kit.bootPaths)) {
    checkOptionBytes(kit, path, file, ['bootPaths', name]);
    checkLayouts(kit, path, file, ['bootPaths', name]);
  }
}

function checkOptionBytes(kit: Kit, path: McubootPath, file: YamlFile, at: readonly string[]): void {
  const known = kit.device.optionBytes;
  for (const [name, value] of Object.entries(path.optionBytes)) {
    const where = [...at, 'optionBytes', name];
    const field = known.find((candidate) => candidate.name === name);
    if (field === undefined) {
      const guess = nearest(name, known.map((candidate) => candidate.name));
      throw file.error(where, `${kit.device.name} has no option byte ${name}`, `did you mean ${guess ?? 'none'}?`);
    }
    if (value >= 2 ** field.width) throw file.error(where, `${name} has ${field.width} bits, ${hex(value)} does not fit`, 'correct the value at that line');
  }
}

const internalRam = (kit: Kit, area: MemoryArea): boolean => {
  // AXI SRAM1 to 3 follow one another: an area may lie across them.
  const banks = kit.device.memories.filter((memory) => memory.kind === 'ram').sort((a, b) => a.base - b.base);
  let at = area.base;
  for (const bank of banks) if (at >= bank.base && at < bank.base + bank.size) at = bank.base + bank.size;
  return at >= area.base + area.size;
};

type Areas = Readonly<Record<string, MemoryArea>>;

/** Areas of the external flash, by name: inside, on sectors, apart from one another and from `others`. */
function checkFlashAreas(kit: Kit, areas: Areas, others: Areas, file: YamlFile, where: readonly (string | number)[]): void {
  for (const [name, area] of Object.entries(areas)) {
    if (!contains(kit.externalFlash, area)) {
      throw file.error([...where, name], `${name} at ${hex32(area.base)} does not lie in the external flash`, 'correct base or size');
    }
    if (area.base % kit.externalFlash.sectorSize !== 0 || area.size % kit.externalFlash.sectorSize !== 0) {
      throw file.error([...where, name], `${name} does not begin and end at a sector of ${kit.externalFlash.sectorSize} bytes`, 'align base and size');
    }
  }
  const entries = Object.entries(areas);
  entries.forEach(([name, area], index) => {
    for (const [other, taken] of [...Object.entries(others), ...entries.slice(0, index)]) {
      if (overlaps(taken, area)) throw file.error([...where, name], `${other} and ${name} overlap`, 'move one of them');
    }
  });
}

function checkRun(kit: Kit, slots: { readonly primary: MemoryArea; readonly secondary: MemoryArea; readonly run?: MemoryArea; readonly runAddress: number }, headerSize: number, file: YamlFile, where: readonly (string | number)[]): void {
  if (slots.secondary.size !== slots.primary.size) {
    throw file.error([...where, 'secondary'], 'primary and secondary differ in size', 'give both slots one size');
  }
  const start = (slots.run ?? slots.primary).base + headerSize;
  if (slots.runAddress !== start) {
    throw file.error([...where, 'runAddress'], `the application starts behind its header at ${hex32(start)}, not at ${hex32(slots.runAddress)}`, `write ${hex32(start)}`);
  }
  if (slots.run === undefined) return;
  const external = kit.externalRam !== undefined && contains(kit.externalRam, slots.run);
  if (!external && !internalRam(kit, slots.run)) throw file.error([...where, 'run'], `run at ${hex32(slots.run.base)} does not lie in a RAM of ${kit.name}`, 'correct base or size');
}

function checkLayouts(kit: Kit, path: McubootPath, file: YamlFile, at: readonly string[]): void {
  if (path.programUnit === 16 && !kit.device.memoryCipherEngine) {
    throw file.error([...at, 'programUnit'], `${kit.device.name} has no memory cipher engine: its program unit is 4`, 'write 4');
  }
  const { firstStage } = path;
  const first = firstStage === undefined ? {} : { primary: firstStage.primary, secondary: firstStage.secondary };
  if (firstStage !== undefined) {
    checkFlashAreas(kit, first, {}, file, [...at, 'firstStage']);
    checkRun(kit, firstStage, path.headerSize, file, [...at, 'firstStage']);
  }
  path.layouts.forEach((layout, index) => {
    const where = [...at, 'layouts', index];
    const { primary, secondary, scratch } = layout;
    const taken = Object.fromEntries(Object.entries(first).map(([name, area]) => [`${name} of the first stage`, area]));
    checkFlashAreas(kit, { primary, secondary, ...(scratch === undefined ? {} : { scratch }) }, taken, file, where);
    checkRun(kit, layout, path.headerSize, file, where);
    if (scratch === undefined && layout.modes.includes('swap')) throw file.error([...where, 'modes'], 'swap mode needs a scratch area', 'add "scratch", or remove swap');
    if ((layout.exec === 'xip') !== (layout.run === undefined)) {
      throw file.error([...where, 'exec'], 'load-and-run needs a run slot, execution in place has none', 'add or remove "run"');
    }
  });
}
