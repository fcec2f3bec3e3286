import type { Address, ByteCount } from '../units/index.js';

/** A range of the address space. `size` in bytes, > 0. */
export interface MemoryArea {
  readonly base: Address;
  readonly size: ByteCount;
}

/** One internal memory of a device, as the core addresses it. */
export interface DeviceMemory extends MemoryArea {
  /** `DTCM`, `AXI_SRAM1`. */
  readonly name: string;
  readonly kind: 'ram' | 'flash' | 'rom';
}

/** One option byte: a field of a FLASH option register. */
export interface OptionByte {
  /** As STM32CubeProgrammer takes it after `-ob`: `WRPS0`. */
  readonly name: string;
  /** Heading under which it is shown. */
  readonly group: string;
  /** Address of the register that is read (…SR). */
  readonly register: Address;
  /** Address of the register that is written (…SRP), as `-obrss` takes it. */
  readonly program: Address;
  /** Lowest bit of the field, 0 … 31. */
  readonly low: number;
  /** Bits of the field, 1 … 32. */
  readonly width: number;
  /** Value before anything is provisioned. */
  readonly factory: number;
}

export interface DeviceUart {
  readonly name: string;
  readonly base: Address;
  /** ST's IRQn. */
  readonly irq: number;
}

/** A microcontroller (boards/devices/<id>.yaml). */
export interface Device {
  readonly id: string;
  readonly name: string;
  readonly core: 'cortex-m7';
  /** DBGMCU device id, 12 bits. */
  readonly deviceId: number;
  readonly mpuRegions: 8 | 16;
  /** Whether the device has MCE1 and MCE2. */
  readonly memoryCipherEngine: boolean;
  readonly memories: readonly DeviceMemory[];
  readonly flash: { readonly sectorSize: ByteCount; readonly hdpPageSize: ByteCount };
  readonly uarts: readonly DeviceUart[];
  readonly optionBytes: readonly OptionByte[];
}

/** ST's OEMIROT_LOAD_AND_RUN: execute in place, or load and run in external or internal RAM. */
export type ExecutionMode = 'xip' | 'ext-ram' | 'int-ram';

/** How a new image is installed: MCUBOOT_OVERWRITE_ONLY, or swap with scratch. */
export type UpdateMode = 'overwrite' | 'swap';

/**
 * Which root of trust starts the application: ST's OEMiROT_Boot in user flash, STiRoT in ROM with STiROT_iLoader in user flash,
 * or STiRoT that starts OEMuRoT (OEMiROT_Boot built with OEMUROT_ENABLE), which starts the application.
 */
export type BootPathName = 'oemirot' | 'stirot' | 'stirot-oemurot';

/** The slots of one execution mode. */
export interface SlotLayout {
  readonly exec: ExecutionMode;
  readonly primary: MemoryArea;
  readonly secondary: MemoryArea;
  /** Used in swap mode only, and there always. */
  readonly scratch?: MemoryArea;
  /** Where the image is copied to before it runs; absent for execution in place. */
  readonly run?: MemoryArea;
  /** First byte behind the image header where the application runs: its vector table. */
  readonly runAddress: Address;
  /** The update modes that this harness knows for it. */
  readonly modes: readonly UpdateMode[];
}

/** The slots of STiRoT: installation and download area in the external flash, and the internal RAM where the image is verified and runs. */
export interface StirotSlots {
  readonly primary: MemoryArea;
  readonly secondary: MemoryArea;
  readonly run: MemoryArea;
  readonly runAddress: Address;
}

/** A boot path: the root of trust in user flash and the slots of what it starts. */
export interface McubootPath {
  /** Where the code in user flash is programmed (OEMiROT_Boot, or STiROT_iLoader), and how long it may be. */
  readonly rotBinary: { readonly address: Address; readonly maxSize: ByteCount };
  readonly headerSize: ByteCount;
  /** Smallest unit of a program operation on the external flash: 16 with the MCE, else 4. */
  readonly programUnit: 4 | 16;
  /** BOOT_MAX_ALIGN. */
  readonly maxAlign: 8 | 16;
  /** Option bytes that must have these values before the root of trust runs. */
  readonly optionBytes: Readonly<Record<string, number>>;
  /** Boot path `stirot-oemurot` only: the slots in which STiRoT finds OEMuRoT. */
  readonly firstStage?: StirotSlots;
  readonly layouts: readonly SlotLayout[];
}

/** A board model (boards/kits/<id>.yaml) with its device. */
export interface Kit {
  readonly id: string;
  readonly name: string;
  readonly device: Device;
  readonly externalFlash: MemoryArea & {
    readonly part: string;
    readonly sectorSize: ByteCount;
    /** What the external loaders erase at once, and count as a sector: a multiple of `sectorSize`; default that. */
    readonly loaderSectorSize?: ByteCount;
    /** File name of the external loader for `-el` (product state OPEN). */
    readonly loader: string;
    /** File name of the external loader for `-elbl` (through the boot loader). */
    readonly bootLoaderLoader: string;
  };
  readonly externalRam?: MemoryArea & { readonly part: string };
  /** `tx` and `rx`: the pins (`PD1`) that lead to the ST-LINK; left out, every pin of the UART does. */
  readonly console: { readonly uart: string; readonly baudRate: number; readonly tx?: string; readonly rx?: string };
  readonly bootPaths: Readonly<Partial<Record<BootPathName, McubootPath>>>;
}

/** Everything that one configuration of the root of trust is built with: what `rotConfiguration` resolves. */
export interface RotConfiguration {
  readonly bootPath: BootPathName;
  readonly mode: UpdateMode;
  readonly exec: ExecutionMode;
  readonly path: McubootPath;
  readonly layout: SlotLayout;
}
