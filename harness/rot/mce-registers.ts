import type { Kit, MemoryArea, RotConfiguration } from '../board/index.js';
import type { Address } from '../units/index.js';
import type { RegisterWrite } from './boot-registers.js';

// Bases, offsets and bits: stm32h7s7xx.h, MCE_TypeDef, MCE_Region_TypeDef.
const mce1 = 0x5200b800;
const mce2 = 0x5200bc00;
const at = { CR: 0x00, IAIER: 0x10, REGCR1: 0x40, MKEYR0: 0x200 } as const;
const regcr = { BREN: 1, CTXID1: 1 << 9, blockCipher: 2 << 14 } as const;
const writable = 1 << 16; // ATTR.WREN
const lock = { global: 1, masterKeys: 2 } as const;
const bothInterrupts = 3;

const write = (address: Address, value: number, what: string): RegisterWrite => ({ address, mask: 0xffffffff, value: value >>> 0, what });

function region(mce: Address, number: number, area: MemoryArea, control: number, attributes: number, what: string): RegisterWrite[] {
  const base = mce + at.REGCR1 + 0x10 * number;
  return [
    write(base + 4, area.base, `MCE SADDR: ${what}`),
    write(base + 8, area.base + area.size - 1, `MCE EADDR: ${what}`),
    write(base + 12, attributes, `MCE ATTR: ${what}`),
    write(base, control, `MCE REGCR: ${what}`),
  ];
}

/**
 * The memory cipher engines as the application finds them (OEMiROT_Boot/Src/low_level_mce.c: aRegion, aRegionAccess, LL_MCE_LockAppliRegions): the primary slot readable in clear and
 * read-only when it is executed in place, else its region is off; the secondary slot without cipher; scratch off; the run slot in external RAM behind MCE2, read-only, its key
 * locked; everything locked. Keys cannot be read back: MCE2's stands for the random one of this boot.
 */
export function mceRegisters(kit: Kit, configuration: RotConfiguration): readonly RegisterWrite[] {
  const { exec, mode, layout } = configuration;
  const { primary, secondary, scratch, run } = layout;
  const cipher = regcr.blockCipher | regcr.CTXID1;
  const runsFromExternalRam = run !== undefined && kit.externalRam !== undefined && run.base >= kit.externalRam.base && run.base < kit.externalRam.base + kit.externalRam.size;
  return [
    write(mce1 + at.IAIER, bothInterrupts, 'MCE1_IAIER'),
    ...region(mce1, 0, primary, exec === 'xip' ? cipher | regcr.BREN : cipher, exec === 'xip' ? 0 : writable, 'primary slot'),
    ...region(mce1, 1, secondary, regcr.CTXID1 | regcr.BREN, writable, 'secondary slot'),
    ...(mode === 'swap' && scratch !== undefined ? region(mce1, 2, scratch, cipher, writable, 'scratch') : []),
    write(mce1 + at.CR, lock.global, 'MCE1_CR: GLOCK'),
    ...(runsFromExternalRam
      ? [
          write(mce2 + at.IAIER, bothInterrupts, 'MCE2_IAIER'),
          ...[0, 4, 8, 12].map((offset) => write(mce2 + at.MKEYR0 + offset, 0, 'MCE2_MKEYR: the key of this boot')),
          ...region(mce2, 0, run, regcr.blockCipher | regcr.BREN, 0, 'run slot'),
          write(mce2 + at.CR, lock.global | lock.masterKeys, 'MCE2_CR: GLOCK, MKLOCK'),
        ]
      : []),
  ];
}
