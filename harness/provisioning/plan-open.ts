import type { Kit, RotConfiguration } from '../board/index.js';
import { HarnessError } from '../errors/index.js';
import type { ToolAction } from '../programmer/index.js';
import type { Plan, PlanStep } from './plan.js';

/** Absolute paths of what a board in product state OPEN is provisioned with. */
export interface OpenPlanFiles {
  /** OEMiROT_Boot.bin. */
  readonly rotBinary: string;
  /** OEMiROT_AHK_OPEN.obk; for devices with a memory cipher engine only. */
  readonly hardwareKeys: string;
  /** OEMiROT_Config.obk, built without encryption. */
  readonly config: string;
  /** OEMiROT_Data_OPEN.obk. */
  readonly data: string;
  /** The signed application as .hex, its lowest address the first byte of the download slot; without one the slot is left as it is. */
  readonly image?: string;
  /** Swap mode: one sector of 0xff. Without it, what an earlier application left in the primary slot and in the trailers stays. */
  readonly blankSector?: string;
}

export interface OpenPlanOptions {
  readonly kit: Kit;
  readonly configuration: RotConfiguration;
  readonly files: OpenPlanFiles;
  /** Name or path for `-el`. */
  readonly externalLoader: string;
}

/** Pause before each OBKey file in ROT_Provisioning/OEMiROT/obkey_provisioning_open.sh. */
const OBK_PAUSE_MS = 3000;

const isShare = (name: string): boolean => /_AXI_SHARE$/.test(name);
const isProtection = (name: string): boolean => /^(?:WRPS\d+|HDP_AREA_(?:START|END))$/.test(name);

/** Write protection off, and an area that ends before it starts: none (ROT_Provisioning/OEMiROT/ob_flash_programming.sh, `remove_protect_open`). */
function unprotected(name: string): number {
  if (name === 'HDP_AREA_START') return 1;
  return name === 'HDP_AREA_END' ? 0 : 1;
}

/**
 * The calls that put OEMiRoT and an application on a board in product state OPEN, in the order of ST's scripts
 * (STM32CubeH7RS ROT_Provisioning/OEMiROT: provisioning.sh, obkey_provisioning_open.sh, ob_flash_programming.sh).
 *
 * The values are those that OEMiROT_Boot demands (LL_SECU_CheckStaticProtections), from the board file: all eight sectors write
 * protected and the hide protection over all 64 KB. The scripts as shipped say `hdp_start=1 hdp_end=0`; the boot project's postbuild puts
 * 0x00 and 0xff there, and with the shipped values the boot stops at "Unexpected value for hide protection".
 *
 * In swap mode the boot looks at trailers and stores the counter of a confirmed image that it finds in the primary slot, so what an earlier application
 * left there is taken away while no root of trust runs. ST's scripts leave it.
 * @throws HarnessError `unsupported-configuration` (usage) for a boot path that has no product state OPEN
 */
export function planOpen(options: OpenPlanOptions): Plan {
  const { kit, configuration, files } = options;
  if (configuration.bootPath !== 'oemirot') {
    throw new HarnessError({
      code: 'unsupported-configuration',
      kind: 'usage',
      message: `boot path ${configuration.bootPath} has no product state OPEN: STiRoT starts nothing below CLOSED`,
      nextStep: 'provision boot path oemirot',
    });
  }
  const wanted = Object.entries(configuration.path.optionBytes);
  const pick = (test: (name: string) => boolean): Record<string, number> => Object.fromEntries(wanted.filter(([name]) => test(name)));
  const write = (values: Record<string, number>): ToolAction => ({ do: 'write-option-bytes', values });
  const protections = pick(isProtection);
  const shares = pick(isShare);
  const steps: PlanStep[] = [];

  if (Object.keys(shares).length > 0) {
    steps.push({ name: 'share-memories', why: 'DTCM and ITCM keep their size: the root of trust lives in DTCM', request: { mode: 'Hotplug', actions: [write(shares)] }, proof: { by: 'option-bytes', values: shares } });
  }
  if (kit.device.memoryCipherEngine) steps.push(...obkSteps('hardware-keys', 'stand-in for the hardware keys, which an OPEN device cannot use', files.hardwareKeys));
  steps.push(
    ...obkSteps('config', 'authentication and encryption keys of the root of trust', files.config),
    ...obkSteps('data', 'hash reference and security counter start empty', files.data),
    {
      name: 'remove-protections-and-erase',
      why: 'a protected sector cannot be erased; under reset, so that no program runs meanwhile',
      request: {
        mode: 'UR',
        actions: [write(Object.fromEntries(Object.keys(protections).map((name) => [name, unprotected(name)]))), { do: 'erase-all' }],
      },
    },
  );
  for (const [name, value] of wanted.filter(([each]) => !isShare(each) && !isProtection(each))) {
    steps.push({
      name: `set-${name.toLowerCase().replaceAll('_', '-')}`,
      why: name.startsWith('ECC') ? 'the root of trust refuses to run without ECC on its RAMs' : 'the external memories need it at their speed and voltage',
      request: { mode: 'Hotplug', actions: [write({ [name]: value })] },
      proof: { by: 'option-bytes', values: { [name]: value } },
    });
  }
  steps.push(...blankSteps(options));
  const { address, maxSize } = configuration.path.rotBinary;
  steps.push(
    {
      name: 'write-root-of-trust',
      why: 'before it is protected',
      request: { mode: 'Hotplug', actions: [{ do: 'download', file: files.rotBinary, address, verify: true, sizeBytes: maxSize }] },
    },
    { name: 'protect-root-of-trust', why: 'the boot checks these values and stops at any other', request: { mode: 'Hotplug', actions: [write(protections)] }, proof: { by: 'option-bytes', values: protections } },
  );
  if (files.image !== undefined) {
    steps.push({
      name: 'write-application',
      why: 'the root of trust installs it from the download slot at its next start',
      request: {
        mode: 'normal',
        actions: [{ do: 'download', file: files.image, loader: options.externalLoader, verify: true, sizeBytes: configuration.layout.secondary.size }],
      },
    });
  }
  steps.push({
    name: 'read-back',
    why: 'an exit status of 0 is no proof: some versions of the tool write nothing when their database is incomplete',
    request: { mode: 'Hotplug', actions: [{ do: 'read-option-bytes' }] },
    expectOptionBytes: configuration.path.optionBytes,
  });
  return { name: `${configuration.bootPath} ${configuration.mode} ${configuration.exec}, product state OPEN`, steps };
}

/** Header of the primary slot, its trailer, and that of the scratch area. */
function blankSteps({ kit, configuration, files, externalLoader }: OpenPlanOptions): PlanStep[] {
  const { primary, scratch } = configuration.layout;
  const file = files.blankSector;
  if (configuration.mode !== 'swap' || file === undefined) return [];
  const { sectorSize } = kit.externalFlash;
  const sectors = [
    ['primary-header', primary.base],
    ['primary-trailer', primary.base + primary.size - sectorSize],
    ...(scratch === undefined ? [] : ([['scratch-trailer', scratch.base + scratch.size - sectorSize]] as const)),
  ] as const;
  return sectors.map(([name, address]) => ({
    name: `blank-${name}`,
    why: 'the boot would go on with what an earlier application left, and store its counter',
    request: { mode: 'normal', actions: [{ do: 'download', file, address, loader: externalLoader, verify: true, sizeBytes: sectorSize }] },
  }));
}

/** ST's script attaches once, waits, and provisions with a connection of its own. */
function obkSteps(name: string, why: string, file: string): PlanStep[] {
  return [
    { name: `attach-for-${name}`, why: 'the device settles before the secure service is called', request: { mode: 'Hotplug', actions: [{ do: 'connect' }] } },
    { name: `provision-${name}`, why, pauseBeforeMs: OBK_PAUSE_MS, request: { mode: 'Hotplug', verbosity: 3, actions: [{ do: 'provision-obk', file }] } },
  ];
}
