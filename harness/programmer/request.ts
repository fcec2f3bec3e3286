import type { Address, ByteCount } from '../units/index.js';
import { hex, hex32 } from '../units/index.js';

/**
 * How the tool attaches over SWD. `Hotplug`: without reset, the board runs on · `UR`: under reset ·
 * `normal`: a reset of the tool's choice.
 */
export type ConnectMode = 'Hotplug' | 'UR' | 'normal';

/** The boot loader of the chip, over a serial port instead of the probe. */
export interface BootLoaderPort {
  /** `COM19`, `/dev/ttyACM0`. */
  readonly port: string;
  /** ST's scripts use 921600. */
  readonly baudRate: number;
}

/** Product states by name; OPEN has no code: the way back is a regression. */
export const productStateCodes = { PROVISIONING: 0x17, PROVISIONED: 0x2e, CLOSED: 0x72, LOCKED: 0x5c } as const;
export type TargetState = keyof typeof productStateCodes;

/** Files that open a closed device. Their names stand in the tool's arguments, their contents never do. */
export type DaCredentialFiles =
  | { readonly method: 'certificate'; /** PEM of the leaf's private key. */ readonly key: string; /** Chain from the root on, base64. */ readonly chain: string }
  | { readonly method: 'password'; /** password.bin. */ readonly password: string };

/** One thing that the tool is asked to do behind `-c …`. File names are absolute or relative to the working directory. */
export type ToolAction =
  | { readonly do: 'connect' }
  | { readonly do: 'read-option-bytes' }
  | { readonly do: 'write-option-bytes'; readonly values: Readonly<Record<string, number>> }
  /** Through the chip's secure services: `value` shifted by `position` replaces the bits of `mask`. */
  | { readonly do: 'write-option-register'; readonly address: Address; readonly mask: number; readonly value: number; readonly position: number }
  | { readonly do: 'set-product-state'; readonly state: TargetState }
  | { readonly do: 'erase-all' }
  | { readonly do: 'erase-external'; readonly loader: string; readonly first: number; readonly last: number }
  | { readonly do: 'download'; readonly file: string; readonly address?: Address; readonly loader?: string; readonly verify: boolean; readonly sizeBytes?: ByteCount }
  | { readonly do: 'provision-obk'; readonly file: string }
  | { readonly do: 'hard-reset' }
  | { readonly do: 'reset' }
  | { readonly do: 'start'; readonly address?: Address }
  | { readonly do: 'read'; readonly address: Address; readonly size: ByteCount; readonly file: string; readonly loader?: string }
  | { readonly do: 'read-words'; readonly address: Address; readonly size: ByteCount }
  | { readonly do: 'write-words'; readonly address: Address; readonly values: readonly number[] }
  /** What the chip says of itself without being opened. It is reset for that. */
  | { readonly do: 'discover' }
  /** Full regression: everything is erased and the product state is OPEN again. */
  | { readonly do: 'regress'; readonly credential: DaCredentialFiles };

/** One call of the tool. */
export interface ToolRequest {
  /** `debug-authentication` goes with the actions `discover` and `regress`, and only with them. */
  readonly mode: ConnectMode | 'debug-authentication' | BootLoaderPort;
  /** In the order the tool gets them; at least one. */
  readonly actions: readonly ToolAction[];
  /** `-vb`: 1 … 3. */
  readonly verbosity?: 1 | 2 | 3;
}

/** Whether a request needs the serial port of the board, which the console must give up for it. */
export function usesBootLoader(request: ToolRequest): request is ToolRequest & { readonly mode: BootLoaderPort } {
  return typeof request.mode === 'object';
}

/** Small numbers as ST's scripts write them, others in hexadecimal. */
const optionValue = (value: number): string => (value < 10 ? String(value) : hex(value));

function actionArguments(action: ToolAction, loaderOption: '-el' | '-elbl'): string[] {
  const loader = (name: string | undefined): string[] => (name === undefined ? [] : [loaderOption, name]);
  switch (action.do) {
    case 'connect':
    case 'discover':
    case 'regress':
      return [];
    case 'read-option-bytes':
      return ['-ob', 'displ'];
    case 'write-option-bytes':
      return ['-ob', ...Object.entries(action.values).map(([name, value]) => `${name}=${optionValue(value)}`)];
    case 'write-option-register':
      return ['-obrss', hex32(action.address), hex32(action.mask), hex(action.value), hex(action.position)];
    case 'set-product-state':
      return ['-psrss', hex(productStateCodes[action.state])];
    case 'erase-all':
      return ['-e', 'all'];
    case 'erase-external':
      // Two words, as the shell makes of ST's unquoted `-e [0 1]`.
      return [...loader(action.loader), '-e', `[${action.first}`, `${action.last}]`];
    case 'download':
      return [...loader(action.loader), '-d', action.file, ...(action.address === undefined ? [] : [hex32(action.address)]), ...(action.verify ? ['-v'] : [])];
    case 'provision-obk':
      return ['-sdp', action.file];
    case 'hard-reset':
      return ['-hardRst'];
    case 'reset':
      return ['-rst'];
    case 'start':
      return ['-g', ...(action.address === undefined ? [] : [hex32(action.address)])];
    case 'read':
      return [...loader(action.loader), '-u', hex32(action.address), hex(action.size), action.file];
    case 'read-words':
      return ['-r32', hex32(action.address), hex(action.size)];
    case 'write-words':
      return ['-w32', hex32(action.address), ...action.values.map((value) => hex32(value))];
  }
}

function credentialArguments(credential: DaCredentialFiles): string[] {
  return credential.method === 'password' ? [`pwd=${credential.password}`] : ['per=a', `key=${credential.key}`, `cert=${credential.chain}`];
}

/** The options behind `-c`, in the order of ST's scripts. */
function connectionArguments({ mode, actions }: ToolRequest, sn: string): string[] {
  if (typeof mode === 'object') return [`port=${mode.port}`, `br=${mode.baudRate}`];
  if (mode !== 'debug-authentication') return ['port=SWD', `sn=${sn}`, 'speed=fast', 'ap=1', `mode=${mode}`];
  const [action] = actions;
  // `per=a` as in DA/regression.sh; a discovery lists the full regression as "(a/14)".
  return ['port=SWD', `sn=${sn}`, ...(action?.do === 'regress' ? ['speed=fast', ...credentialArguments(action.credential), 'debugauth=1'] : ['debugauth=2'])];
}

/**
 * The argument vector of a request, without the executable. The probe is always named: several ST-LINKs share one VID:PID, and
 * the tool takes any of them when `sn=` is missing. `ap=1` as in ST's scripts for this family (ROT_Provisioning/OEMiROT/provisioning.sh);
 * loaders are `-el` over SWD and `-elbl` through the boot loader (ROT_Provisioning/env.sh).
 */
export function toolArguments(request: ToolRequest, sn: string): string[] {
  const loaderOption = usesBootLoader(request) ? '-elbl' : '-el';
  return [
    '-c',
    ...connectionArguments(request, sn),
    ...(request.verbosity === undefined ? [] : ['-vb', String(request.verbosity)]),
    ...request.actions.flatMap((action) => actionArguments(action, loaderOption)),
  ];
}

/** Arguments with the values of passwords, private keys and certificates replaced: what may stand in a log or report. */
export function redactArguments(args: readonly string[]): string[] {
  return args.map((argument) => argument.replace(/^(pwd|key|cert)=.*$/is, '$1=<redacted>'));
}
