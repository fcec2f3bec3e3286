import type { BootPathName, Kit, RotConfiguration } from '../board/index.js';
import { HarnessError } from '../errors/index.js';
import type { BootLoaderPort, ToolAction, ToolRequest } from '../programmer/index.js';
import type { FilePaths, FileRole } from './files.js';
import { fileNames } from './files.js';
import type { OptionRegisterName } from './option-registers.js';
import { unprotectedRegisters, writeRegister } from './option-registers.js';
import type { Plan, PlanStep } from './plan.js';

/** One line of a boot path's order of calls. */
type Line =
  | { readonly call: 'share-memories' | 'begin' | 'connect-under-reset' | 'erase-flash' | 'erase-primary' | 'write-rot' | 'discover' | 'read-back' | 'finish' }
  | { readonly call: 'obk'; readonly role: FileRole }
  | { readonly call: 'unprotect' | 'protect'; readonly register: OptionRegisterName }
  | { readonly call: 'option-byte'; readonly name: string }
  | { readonly call: 'write-image'; readonly role: 'image' | 'oemurot' };

const line = (call: Exclude<Line, { role: FileRole } | { register: OptionRegisterName } | { name: string }>['call']): Line => ({ call });
const obk = (role: FileRole): Line => ({ call: 'obk', role });
const unprotect = (register: OptionRegisterName): Line => ({ call: 'unprotect', register });
const protect = (register: OptionRegisterName): Line => ({ call: 'protect', register });
const option = (name: string): Line => ({ call: 'option-byte', name });
const underReset = line('connect-under-reset');

/** Between the last write and the final state everything is read once more; ST's scripts do not. */
const finish: readonly Line[] = [line('discover'), line('read-back'), underReset, line('finish')];
const removeProtections: readonly Line[] = [underReset, unprotect('write-protection'), underReset, unprotect('hide-protection')];

/** STM32CubeH7RS ROT_Provisioning/STiROT and STiROT_OEMuROT: provisioning.sh, obkey_provisioning.sh, ob_flash_programming.sh. */
const stirot = (keys: readonly FileRole[], images: readonly ('oemurot' | 'image')[]): readonly Line[] => [
  line('share-memories'),
  line('begin'),
  ...keys.map(obk),
  ...removeProtections,
  option('XSPI1_HSLV'),
  option('XSPI2_HSLV'),
  underReset,
  line('erase-flash'),
  line('erase-primary'),
  option('ECC_ON_SRAM'),
  line('write-rot'),
  underReset,
  protect('write-protection'),
  underReset,
  ...images.map((role): Line => ({ call: 'write-image', role })),
  protect('root-of-trust-select'),
  ...finish,
];

/** The order of the calls of each boot path, as data. */
const sequences: Readonly<Record<BootPathName, readonly Line[]>> = {
  // ROT_Provisioning/OEMiROT: provisioning.sh, obkey_provisioning.sh, ob_flash_programming.sh
  oemirot: [
    line('share-memories'),
    line('begin'),
    obk('da'),
    obk('config'),
    obk('data'),
    ...removeProtections,
    underReset,
    line('erase-flash'),
    option('ECC_ON_SRAM'),
    option('XSPI1_HSLV'),
    option('XSPI2_HSLV'),
    line('write-rot'),
    underReset,
    protect('write-protection'),
    underReset,
    protect('hide-protection'),
    { call: 'write-image', role: 'image' },
    ...finish,
  ],
  stirot: stirot(['da', 'config', 'data'], ['image']),
  'stirot-oemurot': stirot(['da', 'first-config', 'first-data', 'config', 'data'], ['oemurot', 'image']),
};

export interface ClosedPlanOptions {
  readonly kit: Kit;
  readonly configuration: RotConfiguration;
  readonly state: 'CLOSED' | 'LOCKED';
  /** Absolute paths. */
  readonly files: FilePaths;
  /** Name or path for `-elbl`. */
  readonly bootLoaderLoader: string;
  readonly bootLoader: BootLoaderPort;
  /** STiRoT: sectors of the external flash to be erased, in the loader's sectors; default: what ST's scripts as shipped erase, the first two. */
  readonly primarySectors?: { readonly first: number; readonly last: number };
}

/**
 * The calls that provision a board and close or lock it, in the order of ST's scripts, each write that the tool's words do not prove followed by a read-back.
 * NUCLEO-H7S3L8 has no such scripts; unverified: its plans are STM32H7S78-DK's with its own values.
 * @throws HarnessError `file-missing` (usage)
 */
export function planClosed(options: ClosedPlanOptions): Plan {
  const { configuration, state } = options;
  const seen = new Map<string, number>();
  const steps = sequences[configuration.bootPath].flatMap((one) => stepsOf(one, options)).map((step) => {
    const count = (seen.get(step.name) ?? 0) + 1;
    seen.set(step.name, count);
    return count === 1 ? step : { ...step, name: `${step.name}-${count}` };
  });
  return { name: `${configuration.bootPath} ${configuration.mode} ${configuration.exec}, product state ${state}`, steps };
}

const hotplug = (...actions: readonly ToolAction[]): ToolRequest => ({ mode: 'Hotplug', actions });

function stepsOf(one: Line, options: ClosedPlanOptions): PlanStep[] {
  const { configuration, state, bootLoader, bootLoaderLoader: loader, kit } = options;
  const wanted = configuration.path.optionBytes;
  const file = (role: FileRole): string => fileOf(options, role);
  switch (one.call) {
    case 'share-memories':
      return [
        {
          name: 'share-memories',
          why: 'DTCM and ITCM keep their size: the root of trust lives in DTCM',
          request: hotplug({ do: 'write-option-bytes', values: { DTCM_AXI_SHARE: 0, ITCM_AXI_SHARE: 0 } }),
          proof: { by: 'option-bytes', values: { DTCM_AXI_SHARE: 0, ITCM_AXI_SHARE: 0 } },
        },
      ];
    case 'begin':
      return [
        {
          name: 'begin-provisioning',
          why: 'only now are OBKeys taken and encrypted; from here on the way back is a regression',
          request: hotplug({ do: 'set-product-state', state: 'PROVISIONING' }),
          reaches: 'PROVISIONING',
          proof: { by: 'product-state', state: 'PROVISIONING' },
        },
      ];
    case 'obk':
      return [
        { name: `attach-for-${one.role}`, why: 'the device settles before the secure service is called', request: hotplug({ do: 'connect' }) },
        {
          name: `provision-${one.role}`,
          why: one.role === 'da' ? 'first of all the way back: without it no regression' : `${fileNames[configuration.bootPath][one.role] ?? one.role}`,
          request: hotplug({ do: 'provision-obk', file: file(one.role) }),
        },
      ];
    case 'connect-under-reset':
      return [{ name: 'attach-under-reset', why: 'no program runs while the secure service is called', request: { mode: 'UR', actions: [{ do: 'connect' }] } }];
    case 'unprotect':
      return [registerStep(`unprotect-${one.register}`, 'a protected sector cannot be erased', one.register, one.register === 'root-of-trust-select' ? wanted : unprotectedRegisters[one.register])];
    case 'protect':
      return [registerStep(`set-${one.register}`, 'the root of trust is protected, and checks these values', one.register, wanted)];
    case 'option-byte': {
      const values = { [one.name]: wanted[one.name] ?? 1 };
      return [
        {
          name: `set-${one.name.toLowerCase().replaceAll('_', '-')}`,
          why: one.name.startsWith('ECC') ? 'the root of trust refuses to run without ECC on its RAMs' : 'the external memories need it at their speed and voltage',
          request: hotplug({ do: 'write-option-bytes', values }),
          proof: { by: 'option-bytes', values },
        },
      ];
    }
    case 'erase-flash':
      return [{ name: 'erase-flash', why: 'nothing of an earlier program stays', request: hotplug({ do: 'erase-all' }) }];
    case 'erase-primary':
      return [{ name: 'erase-primary-slot', why: 'the iLoader would start what an earlier application left there', request: { mode: bootLoader, actions: [{ do: 'erase-external', loader, ...(options.primarySectors ?? { first: 0, last: 1 }) }] } }];
    case 'write-rot': {
      const { address, maxSize } = configuration.path.rotBinary;
      return [{ name: 'write-root-of-trust', why: 'before it is protected', request: hotplug({ do: 'download', file: file('rot'), address, verify: true, sizeBytes: maxSize }) }];
    }
    case 'write-image': {
      const size = one.role === 'oemurot' ? (configuration.path.firstStage?.secondary.size ?? kit.externalFlash.size) : configuration.layout.secondary.size;
      return [
        {
          name: one.role === 'image' ? 'write-application' : 'write-oemurot',
          why: 'the root of trust installs it from the download slot at its next start',
          request: { mode: bootLoader, actions: [{ do: 'download', file: file(one.role), loader, verify: true, sizeBytes: size }] },
        },
      ];
    }
    case 'discover':
      return [{ name: 'discover', why: 'the chip itself must see a sound credential before it is closed', request: { mode: 'debug-authentication', actions: [{ do: 'discover' }] }, expectLifeCycle: 'PROVISIONING' }];
    case 'read-back':
      return [{ name: 'read-back', why: 'an exit status of 0 is no proof: some versions of the tool write nothing when their database is incomplete', request: hotplug({ do: 'read-option-bytes' }), expectOptionBytes: wanted }];
    case 'finish':
      return [
        {
          name: state === 'CLOSED' ? 'close' : 'lock',
          why: state === 'CLOSED' ? 'from here on only the credential opens the board' : 'from here on nothing ever opens the board',
          request: hotplug({ do: 'set-product-state', state }),
          reaches: state,
          proof: { by: 'discovery', lifeCycle: state },
        },
      ];
  }
}

function registerStep(name: string, why: string, register: OptionRegisterName, values: Readonly<Record<string, number>>): PlanStep {
  const { action, wanted } = writeRegister(register, values);
  return { name, why, request: hotplug(action), proof: { by: 'option-bytes', values: wanted } };
}

function fileOf({ files, configuration }: ClosedPlanOptions, role: FileRole): string {
  const file = files[role];
  if (file !== undefined) return file;
  throw new HarnessError({ code: 'file-missing', kind: 'usage', message: `this boot path needs ${fileNames[configuration.bootPath][role] ?? role}`, nextStep: 'name it on the command line, or import the folder of ST\'s scripts (--st-folder)' });
}
