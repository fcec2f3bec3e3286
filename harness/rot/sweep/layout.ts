import type { Kit, RotConfiguration, UpdateMode } from '../../board/index.js';
import { HarnessError } from '../../errors/index.js';
import { parseNumber } from '../../units/index.js';
import type { ByteCount } from '../../units/index.js';

/** The areas of an update: primary, secondary and scratch lie one behind the other from the start of the chip. */
export interface SweepLayout {
  readonly slot: ByteCount;
  readonly scratch: ByteCount;
  readonly sector: ByteCount;
  /** Program unit, which chooses ST's build: 16 as with the memory cipher engine, 4 as without. */
  readonly unit: 4 | 16;
}

const fields = ['slot', 'scratch', 'sector', 'unit'] as const;
/** ST's shipped sizes for what is left out. */
const shipped: SweepLayout = { slot: 0x200000, scratch: 0x10000, sector: 0x1000, unit: 16 };
const largestSlot = 0x2000000;

/** Reads `slot=…,scratch=…,sector=…,unit=…`. @throws HarnessError `sweep-layout` (usage) */
export function parseSweepLayout(text: string): SweepLayout {
  const layout: Record<(typeof fields)[number], number> = { ...shipped };
  for (const part of text.split(',')) {
    const [name, value] = part.split('=');
    const field = fields.find((candidate) => candidate === name?.trim());
    const number = parseNumber(value?.trim() ?? '');
    if (field === undefined || number === undefined) throw invalid(`"${part.slice(0, 40)}" is none of slot=, scratch=, sector=, unit= with a number`);
    layout[field] = number;
  }
  return checkSweepLayout(layout as SweepLayout);
}

/** @throws HarnessError `sweep-layout` (usage) */
function checkSweepLayout(layout: SweepLayout): SweepLayout {
  const { slot, scratch, sector, unit } = layout;
  const power = sector >= 256 && sector <= 0x40000 && (sector & (sector - 1)) === 0;
  if (!power) throw invalid('a sector has 256 to 262144 bytes, a power of two');
  if (slot < sector || slot > largestSlot || slot % sector !== 0) throw invalid('a slot is a whole number of sectors, up to 32 MB');
  if (scratch < sector || scratch > largestSlot || scratch % sector !== 0) throw invalid('the scratch area is a whole number of sectors, up to 32 MB');
  if (unit !== 4 && unit !== 16) throw invalid('the program unit is 4 or 16');
  return layout;
}

/** ST's configuration of OEMiRoT on a kit with these areas in place of its own. @throws HarnessError `sweep-layout` (usage) when they pass the end of the chip */
export function configurationOfLayout(kit: Kit, configuration: RotConfiguration, layout: SweepLayout, mode: UpdateMode): RotConfiguration {
  const { base, size } = kit.externalFlash;
  const { slot, scratch, unit } = layout;
  if (2 * slot + scratch > size) throw invalid(`two slots and scratch do not fit into ${size} bytes of flash`);
  return {
    ...configuration,
    mode,
    path: { ...configuration.path, programUnit: unit },
    layout: {
      ...configuration.layout,
      primary: { base, size: slot },
      secondary: { base: base + slot, size: slot },
      scratch: { base: base + 2 * slot, size: scratch },
    },
  };
}

function invalid(message: string): HarnessError {
  return new HarnessError({ code: 'sweep-layout', kind: 'usage', message: `layout: ${message}`, nextStep: 'for example --layout slot=0x40000,scratch=0x10000,sector=0x1000,unit=16' });
}
