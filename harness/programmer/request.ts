import type { Address, ByteCount } from '../units/index.js';
import { hex, hex32 } from '../units/index.js';

/**
 * How the tool attaches over SWD. `Hotplug`: without reset, the board runs on · `UR`: under reset ·
 * `normal`: a reset of the tool's choice.
 */
export type ConnectMode = 'Hotplug' | 'UR' | 'normal';

/** One thing that the tool is asked to do behind `-c …`. File names are absolute or relative to the working directory. */
export type ToolAction =
  | { readonly do: 'connect' }
  | { readonly do: 'read-option-bytes' }
  | { readonly do: 'write-option-bytes'; readonly values: Readonly<Record<string, number>> }
  | { readonly do: 'erase-all' }
  | { readonly do: 'erase-external'; readonly loader: string; readonly first: number; readonly last: number }
  | { readonly do: 'download'; readonly file: string; readonly address?: Address; readonly loader?: string; readonly verify: boolean; readonly sizeBytes?: ByteCount }
  | { readonly do: 'provision-obk'; readonly file: string }
  | { readonly do: 'hard-reset' }
  | { readonly do: 'read'; readonly address: Address; readonly size: ByteCount; readonly file: string; readonly loader?: string };

/** One call of the tool. */
export interface ToolRequest {
  readonly mode: ConnectMode;
  /** In the order the tool gets them; at least one. */
  readonly actions: readonly ToolAction[];
  /** `-vb`: 1 … 3. */
  readonly verbosity?: 1 | 2 | 3;
}

/** Small numbers as ST's scripts write them, others in hexadecimal. */
const optionValue = (value: number): string => (value < 10 ? String(value) : hex(value));

function actionArguments(action: ToolAction): string[] {
  switch (action.do) {
    case 'connect':
      return [];
    case 'read-option-bytes':
      return ['-ob', 'displ'];
    case 'write-option-bytes':
      return ['-ob', ...Object.entries(action.values).map(([name, value]) => `${name}=${optionValue(value)}`)];
    case 'erase-all':
      return ['-e', 'all'];
    case 'erase-external':
      return ['-el', action.loader, '-e', `[${action.first} ${action.last}]`];
    case 'download':
      return [
        ...(action.loader === undefined ? [] : ['-el', action.loader]),
        '-d',
        action.file,
        ...(action.address === undefined ? [] : [hex32(action.address)]),
        ...(action.verify ? ['-v'] : []),
      ];
    case 'provision-obk':
      return ['-sdp', action.file];
    case 'hard-reset':
      return ['-hardRst'];
    case 'read':
      return [...(action.loader === undefined ? [] : ['-el', action.loader]), '-u', hex32(action.address), hex(action.size), action.file];
  }
}

/**
 * The argument vector of a request, without the executable. The probe is always named: several ST-LINKs share one VID:PID, and
 * the tool takes any of them when `sn=` is missing. `ap=1` as in ST's scripts for this family (ROT_Provisioning/OEMiROT/provisioning.sh).
 */
export function toolArguments(request: ToolRequest, sn: string): string[] {
  return [
    '-c',
    'port=SWD',
    `sn=${sn}`,
    'speed=fast',
    'ap=1',
    `mode=${request.mode}`,
    ...(request.verbosity === undefined ? [] : ['-vb', String(request.verbosity)]),
    ...request.actions.flatMap(actionArguments),
  ];
}

/** Arguments with the values of passwords, private keys and certificates replaced: what may stand in a log or report. */
export function redactArguments(args: readonly string[]): string[] {
  return args.map((argument) => argument.replace(/^(pwd|key|cert)=.*$/is, '$1=<redacted>'));
}
