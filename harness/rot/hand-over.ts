import type { Kit, RotConfiguration } from '../board/index.js';
import type { Address, ByteCount } from '../units/index.js';
import type { RegisterWrite } from './boot-registers.js';
import { bootRegisters, hideProtectionLevel } from './boot-registers.js';
import { mceRegisters } from './mce-registers.js';
import type { MpuRegion, RotRelease } from './mpu-table.js';
import { applicationMpuTable, stirotMpuTable } from './mpu-table.js';
import { ramEccHandleBytes, ramEccHandles, ramEccRegisters } from './ramecc.js';

/** The state in which the root of trust starts the application, as data: nothing here knows who executes it. */
export interface HandOver {
  /** RAM that the boot cleared, before `copies`. */
  readonly fills: readonly { readonly address: Address; readonly size: ByteCount; readonly value: number; readonly what: string }[];
  /** What the boot stored in memory: the image in its run slot (load-and-run), the RAMECC handles. */
  readonly copies: readonly { readonly address: Address; readonly bytes: Uint8Array; readonly what: string }[];
  /** Registers in the order in which they are written, the MPU last. */
  readonly registers: readonly RegisterWrite[];
  readonly mpu: readonly MpuRegion[];
  /** Where the application's vector table stands: MSP, PC and VTOR come from it. */
  readonly vectorTable: Address;
}

/** What executes a hand-over: the emulated machine, or a debugger on a board. */
export interface HandOverTarget {
  /** Stores bytes without asking the MPU. */
  load(address: Address, bytes: Uint8Array): void;
  readWord(address: Address): number;
  writeWord(address: Address, value: number): void;
  /** Starts the application: MSP and PC from its vector table, VTOR, privileged thread. */
  jump(vectorTable: Address): void;
}

const mpu = { ctrl: 0xe000ed94, rnr: 0xe000ed98, rbar: 0xe000ed9c, rasr: 0xe000eda0 } as const;
/** ENABLE and HFNMIENA; PRIVDEFENA stays off: there is no background map. */
const mpuControl = 0x3;
const apb4enr = 0x58024554;
const sbsen = 2;
/** GPDMA buffer for writes through the MCE (OEMiROT_Boot/Inc/region_defs.h, DMA_SHARED_MEM_START). */
const dmaBuffer = { address: 0x30007e00, size: 0x100 } as const;

/** Register writes that give this table and switch the MPU on. */
function mpuRegisters(regions: readonly MpuRegion[]): RegisterWrite[] {
  const write = (address: Address, value: number, what: string): RegisterWrite => ({ address, mask: 0xffffffff, value, what });
  return [
    ...regions.flatMap((region) => [
      write(mpu.rnr, region.number, 'MPU_RNR'),
      write(mpu.rbar, region.base, `MPU_RBAR ${region.number}: ${region.what}`),
      write(mpu.rasr, region.rasr, `MPU_RASR ${region.number}: ${region.what}`),
    ]),
    write(mpu.ctrl, mpuControl, 'MPU_CTRL: ENABLE, HFNMIENA'),
  ];
}

/**
 * The hand-over of OEMiROT_Boot, as OEMiRoT or OEMuRoT (STM32CubeH7RS OEMiROT_Boot/Src: boot_hal.c boot_platform_quit and boot_jump_to_RSS, startup_stm32h7rsxx.c Reset_Handler).
 * @param image header, payload and protected TLVs from the primary slot @param headerSize where its vector table stands
 */
export function buildHandOver(options: {
  readonly kit: Kit;
  readonly configuration: RotConfiguration;
  readonly release: RotRelease;
  readonly devMode: boolean;
  /** OEMIROT_MCE_PROTECTION; default false. */
  readonly memoryCipher?: boolean;
  readonly image: Uint8Array;
  readonly headerSize: ByteCount;
}): HandOver {
  const { kit, configuration, image } = options;
  const { layout } = configuration;
  const regions = applicationMpuTable(kit, configuration, options.release);
  // OEMuRoT runs in AXI SRAM1 itself.
  const names = configuration.bootPath === 'stirot-oemurot' ? ['DTCM', 'AXI_SRAM3'] : ['DTCM', 'AXI_SRAM1', 'AXI_SRAM3'];
  const cleared = kit.device.memories.filter(({ name }) => names.includes(name));
  return {
    fills: [
      ...cleared.map(({ name, base, size }) => ({ address: base, size, value: 0, what: name })),
      { address: dmaBuffer.address, size: dmaBuffer.size, value: 0, what: 'DMA buffer' },
    ],
    copies: [
      ...(layout.run === undefined ? [] : [{ address: layout.run.base, bytes: image, what: 'header, image and protected TLVs' }]),
      { address: ramEccHandles, bytes: ramEccHandleBytes(), what: 'RAMECC handles' },
    ],
    registers: [
      ...bootRegisters({ exec: configuration.exec, consoleUart: kit.console.uart, devMode: options.devMode }),
      ...ramEccRegisters(),
      ...(options.memoryCipher === true ? mceRegisters(kit, configuration) : []),
      ...mpuRegisters(regions),
    ],
    mpu: regions,
    vectorTable: (layout.run ?? layout.primary).base + options.headerSize,
  };
}

/**
 * The hand-over of STiRoT. Public is where the application runs, that it runs at hide-protection level 3, and that an MPU table is in force
 * (STM32CubeH7RS STiROT_Appli/README.md, STiROT_iLoader/README.md).
 * unverified: the clocks are those after a reset (ST's example sets its own), no register of ST's ROM but MPU and SBS_HDPLCR is left changed, DTCM is cleared.
 * @param image header, payload in clear and protected TLVs
 */
export function buildStirotHandOver(options: { readonly kit: Kit; readonly configuration: RotConfiguration; readonly image: Uint8Array; readonly runBase: Address; readonly headerSize: ByteCount }): HandOver {
  const { kit, image, runBase } = options;
  const regions = stirotMpuTable(kit, options.configuration);
  return {
    fills: kit.device.memories.filter(({ name }) => name === 'DTCM').map(({ name, base, size }) => ({ address: base, size, value: 0, what: name })),
    copies: [{ address: runBase, bytes: image, what: 'header, image and protected TLVs' }],
    registers: [...stirotHideProtection, ...mpuRegisters(regions)],
    mpu: regions,
    vectorTable: runBase + options.headerSize,
  };
}

/** SBS is reached with its clock on; which clocks ST's ROM leaves on is not public. */
const stirotHideProtection: readonly RegisterWrite[] = [
  { address: apb4enr, mask: sbsen, value: sbsen, what: 'RCC_APB4ENR: SBS' },
  ...hideProtectionLevel,
  { address: apb4enr, mask: sbsen, value: 0, what: 'RCC_APB4ENR: SBS off' },
];

/** Brings a freshly reset target into the state of the hand-over and starts the application. */
export function applyHandOver(handOver: HandOver, target: HandOverTarget): void {
  for (const { address, size, value } of handOver.fills) target.load(address, new Uint8Array(size).fill(value));
  for (const { address, bytes } of handOver.copies) target.load(address, bytes);
  for (const { address, mask, value } of handOver.registers) {
    // A register written whole is never read first: reading can have side effects, and AIRCR reads back another key.
    const kept = mask === 0xffffffff ? 0 : target.readWord(address) & ~mask;
    target.writeWord(address, (kept | (value & mask)) >>> 0);
  }
  target.jump(handOver.vectorTable);
}
