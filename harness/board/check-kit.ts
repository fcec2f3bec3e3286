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

function checkLayouts(kit: Kit, path: McubootPath, file: YamlFile, at: readonly string[]): void {
  path.layouts.forEach((layout, index) => {
    const where = [...at, 'layouts', index];
    const slots = { primary: layout.primary, secondary: layout.secondary, scratch: layout.scratch };
    for (const [name, area] of Object.entries(slots)) {
      if (!contains(kit.externalFlash, area)) {
        throw file.error([...where, name], `${name} at ${hex32(area.base)} does not lie in the external flash`, 'correct base or size');
      }
      if (area.base % kit.externalFlash.sectorSize !== 0 || area.size % kit.externalFlash.sectorSize !== 0) {
        throw file.error([...where, name], `${name} does not begin and end at a sector of ${kit.externalFlash.sectorSize} bytes`, 'align base and size');
      }
    }
    for (const [a, b] of [['primary', 'secondary'], ['primary', 'scratch'], ['secondary', 'scratch']] as const) {
      if (overlaps(slots[a], slots[b])) throw file.error([...where, b], `${a} and ${b} overlap`, 'move one of them');
    }
    if (layout.secondary.size !== layout.primary.size) {
      throw file.error([...where, 'secondary'], 'primary and secondary differ in size', 'give both slots one size');
    }
    const start = (layout.run ?? layout.primary).base + path.headerSize;
    if (layout.runAddress !== start) {
      throw file.error([...where, 'runAddress'], `the application starts behind its header at ${hex32(start)}, not at ${hex32(layout.runAddress)}`, `write ${hex32(start)}`);
    }
    if ((layout.exec === 'xip') !== (layout.run === undefined)) {
      throw file.error([...where, 'exec'], 'load-and-run needs a run slot, execution in place has none', 'add or remove "run"');
    }
  });
}
