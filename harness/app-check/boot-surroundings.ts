import type { BootPathName, DeviceMemory, Kit, MemoryArea, RotConfiguration } from '../board/index.js';
import type { Protection } from '../elf/index.js';
import { shippedStatusEntries, trailerSize } from '../image/trailer.js';
import type { Address, ByteCount } from '../units/index.js';

/** A memory as the application finds it. */
export interface FoundMemory extends MemoryArea {
  readonly name: string;
  readonly kind: 'ram' | 'flash' | 'rom' | 'external-flash' | 'external-ram';
}

/** The memory that boot and application share at the end of AHB SRAM2 (OEMiROT_Boot/Inc/region_defs.h). */
export const sharedAreas = {
  all: { base: 0x30007f80, size: 0x80 },
  noInit: { base: 0x30007f80, size: 0x20 },
  flag: { base: 0x30007fa0, size: 0x20 },
  handles: { base: 0x30007fc0, size: 0x40 },
} as const;

/** ITCM_AXI_SHARE and DTCM_AXI_SHARE, 0 … 2: so many times 64 KB of AXI SRAM1 or AXI SRAM3 serve as ITCM or DTCM. */
export interface TcmShare {
  readonly itcm: number;
  readonly dtcm: number;
}

/** What a root of trust expects of its application, and what the application may expect of it. */
export interface BootSurroundings {
  readonly kit: Kit;
  readonly configuration: RotConfiguration;
  readonly bootPath: BootPathName;
  /** Where the image runs: run slot, or primary slot in place. */
  readonly slot: MemoryArea;
  readonly headerSize: ByteCount;
  /** First byte behind the header. */
  readonly codeStart: Address;
  /** Bytes that the boot keeps at the slot's end. */
  readonly trailer: ByteCount;
  /** Most bytes of the TLV areas behind the payload, signed and encrypted. */
  readonly tlvs: ByteCount;
  /** MPU as the boot leaves it. */
  readonly protection: Protection;
  readonly memories: readonly FoundMemory[];
  /** Whether flag and handles are shared at the end of AHB SRAM2: OEMiRoT and OEMuRoT. */
  readonly shares: boolean;
  readonly swap: boolean;
  /** `off`: XSPI is de-initialised before the jump; `running`: the application executes from it; `untouched`: STiRoT's iLoader is the last that used it. */
  readonly externalFlash: 'running' | 'off' | 'untouched';
  /** Whether the boot path initialises the external RAM. */
  readonly externalRam: 'initialised' | 'untouched' | 'absent';
  /** Whether the application shall also run where it is loaded into internal RAM, by whatever boot path. */
  readonly keepIntRam: boolean;
}

/** Protected counter, hash, key hash, signature, encrypted key, with headers (imgtool; TLVs 0x50, 0x10, 0x01, 0x22, 0x32). */
const tlvBytes = 4 + 8 + 4 + 36 + 36 + 76 + 117;
const tcmUnit = 0x10000;

/** @param protection the MPU as the root of trust of this configuration leaves it · @param keepIntRam the application shall be able to run from internal RAM too */
export function bootSurroundings(kit: Kit, configuration: RotConfiguration, protection: Protection, share: TcmShare = { itcm: 0, dtcm: 0 }, keepIntRam = false): BootSurroundings {
  const { layout, path, bootPath, mode, exec } = configuration;
  const slot = layout.run ?? layout.primary;
  const trailer =
    bootPath === 'stirot'
      ? 16
      : trailerSize({ mode, writeUnit: path.programUnit, maxAlign: path.maxAlign, statusEntries: mode === 'swap' ? (layout.scratch === undefined ? shippedStatusEntries(slot.size) : Math.floor((slot.size - 1) / layout.scratch.size) + 1) : 0 });
  return {
    kit,
    configuration,
    bootPath,
    slot,
    headerSize: path.headerSize,
    codeStart: slot.base + path.headerSize,
    trailer,
    tlvs: tlvBytes,
    protection,
    memories: memoriesOf(kit, share),
    shares: bootPath !== 'stirot',
    swap: mode === 'swap',
    externalFlash: exec === 'xip' ? 'running' : bootPath === 'stirot' ? 'untouched' : 'off',
    externalRam: kit.externalRam === undefined ? 'absent' : exec === 'ext-ram' ? 'initialised' : 'untouched',
    keepIntRam,
  };
}

/**
 * TCM shares take AXI SRAM away (cmsis_device_h7rs, "128 KB default, can be decreased down to 0 KB to increase ITCM").
 * unverified: that the upper part goes first.
 */
function memoriesOf(kit: Kit, share: TcmShare): readonly FoundMemory[] {
  const changed = ({ name, size, ...rest }: DeviceMemory): FoundMemory => {
    const delta = { ITCM: share.itcm, DTCM: share.dtcm, AXI_SRAM1: -share.itcm, AXI_SRAM3: -share.dtcm }[name] ?? 0;
    return { ...rest, name, size: size + delta * tcmUnit };
  };
  return [
    ...kit.device.memories.map(changed).filter(({ size }) => size > 0),
    { name: 'external flash', kind: 'external-flash', base: kit.externalFlash.base, size: kit.externalFlash.size },
    ...(kit.externalRam === undefined ? [] : [{ name: 'external RAM', kind: 'external-ram' as const, base: kit.externalRam.base, size: kit.externalRam.size }]),
  ];
}

export function memoryAt(boot: BootSurroundings, address: Address): FoundMemory | undefined {
  return boot.memories.find(({ base, size }) => address >= base && address < base + size);
}

/** The first byte of a range where no memory is; neighbouring memories count as one. */
export function firstWithoutMemory(boot: BootSurroundings, base: Address, size: ByteCount): Address | undefined {
  let at = base;
  while (at < base + size) {
    const memory = memoryAt(boot, at);
    if (memory === undefined) return at;
    at = memory.base + memory.size;
  }
  return undefined;
}

export function overlap(a: MemoryArea, b: MemoryArea): boolean {
  return a.size > 0 && b.size > 0 && a.base < b.base + b.size && b.base < a.base + a.size;
}
