import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Kit } from '../../board/index.js';
import { readDaObk } from '../../keys/index.js';
import { ToolOutput } from '../../programmer/output.js';
import type { ToolResult } from '../../programmer/run-tool.js';
import { hex } from '../../units/index.js';

export type LifeState = 'OPEN' | 'PROVISIONING' | 'CLOSED' | 'LOCKED';

/** What goes wrong at one call, as in published reports. `…-done`: the chip did what it was asked all the same. */
export const callFaults = [
  'error-exit-0',
  'hang',
  'hang-done',
  'usb-lost',
  'obk-size',
  'verify-mismatch',
  'silent-skip',
  'garbage',
  'garbage-done',
  'com-lost',
  'reconnect-fail',
  'power-loss',
  'supply-drop',
  'host-killed',
  'host-killed-done',
] as const;
export type CallFault = (typeof callFaults)[number];

/** The harness itself was killed in the middle of a call. */
export class HostKilled extends Error {}

type Say = (...lines: readonly string[]) => void;

const sha = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex').slice(0, 16);
export const simulatedProbe = '50FF6D065052784825260567';

/**
 * STM32_Programmer_CLI and an STM32H7RS behind it, in this process: only what product states, option bytes, OBKeys and flash contents need. It shares no
 * code with the drop-ins for ST's tools, and prints the forms of the tool's public transcripts.
 */
export class SimulatedDevice {
  state: LifeState = 'OPEN';
  readonly optionBytes: Map<string, number>;
  /** Digest of each OBKey by destination. */
  readonly obkeys = new Map<number, string>();
  /** Digest of what was downloaded, by target; `half` when a write was cut short. */
  readonly flash = new Map<string, string>();
  /** Calls so far. */
  calls = 0;
  /** Strikes at that call. */
  fault: { readonly name: CallFault; readonly at: number } | undefined;
  /** The serial port is gone. */
  comLost = false;
  private da: ReturnType<typeof readDaObk> | undefined;
  private voltage = 3.28;

  constructor(private readonly kit: Kit) {
    this.optionBytes = new Map(kit.device.optionBytes.map(({ name, factory }) => [name, factory]));
  }

  /** Whether the credential in it opens it. */
  get credentialSound(): boolean {
    return this.da !== undefined && this.da.method !== 'locked';
  }

  /** Whether any way leads back to OPEN, as the silicon has it. */
  get recoverable(): boolean {
    return this.state === 'OPEN' || this.state === 'PROVISIONING' || (this.state === 'CLOSED' && this.credentialSound);
  }

  /** Runs one call in place of a process. */
  readonly run = async (_path: string, args: readonly string[]): Promise<ToolResult> => {
    this.calls += 1;
    const fault = this.fault?.at === this.calls ? this.fault.name : undefined;
    const output = new ToolOutput();
    const say: Say = (...lines) => output.add('stdout', lines.map((line) => line + '\n').join(''));
    const end = (exitCode: number | null, outcome: ToolResult['outcome'] = 'exited'): ToolResult => {
      output.end();
      return { outcome, exitCode, output, durationMs: 1 };
    };
    say('      -------------------------------------------------------------------', '                        STM32CubeProgrammer v2.21.0', '      -------------------------------------------------------------------', '');
    switch (fault) {
      case 'host-killed':
        throw new HostKilled();
      case 'hang':
        return end(null, 'timeout');
      case 'garbage':
        output.add('stdout', '\u0007\u001b[3x~~~ 0101 ~~~\n');
        return end(0);
      case 'power-loss':
        this.half(args);
        say('Error: No STM32 target found!');
        return end(1);
      case 'error-exit-0':
        say('Error: failed to do what was asked');
        this.twin().perform(args, say);
        return end(0);
      case 'silent-skip':
        return end(this.twin().perform(args, say));
      case 'obk-size':
        if (!args.includes('-sdp')) break;
        say('Error: RSSLIB_SETOBKEY_BAD_SIZE', 'OBKey Provisioned successfully');
        return end(0);
      case 'verify-mismatch':
        if (args.includes('-ob') && !args.includes('displ')) return end(this.twin().perform(args, say));
        if (!args.includes('-d')) break;
        this.half(args);
        say('File download complete', 'Error: Data mismatch found at address 0x08000000', 'Error: Download verification failed');
        return end(1);
      case 'com-lost':
        if (!args.some((word) => word.startsWith('port=') && word !== 'port=SWD')) break;
        this.half(args);
        this.comLost = true;
        say('Error: Activating device: KO. Please, verify the boot mode configuration');
        return end(1);
      case 'supply-drop':
        this.voltage = 2.71;
        break;
      default:
    }
    const unheard = fault === 'garbage-done' || fault === 'hang-done' || fault === 'host-killed-done';
    const exit = this.perform(args, unheard ? () => undefined : say);
    this.voltage = 3.28;
    switch (fault) {
      case 'host-killed-done':
        throw new HostKilled();
      case 'hang-done':
        return end(null, 'timeout');
      case 'usb-lost':
        this.half(args);
        say('Error: ST-LINK error (DEV_USB_COMM_ERR)');
        return end(1);
      case 'reconnect-fail':
        say('Error: failed to reconnect after reset !');
        return end(1);
      default:
        return end(exit);
    }
  };

  /** One that says what this one would, and whose deeds count for nothing. */
  private twin(): SimulatedDevice {
    const twin = new SimulatedDevice(this.kit);
    twin.state = this.state;
    twin.da = this.da;
    for (const [name, value] of this.optionBytes) twin.optionBytes.set(name, value);
    return twin;
  }

  /** A memory write that was cut short. */
  private half(args: readonly string[]): void {
    const at = args.indexOf('-d');
    if (at >= 0) this.flash.set(targetOf(args, args[at + 1]!), 'half');
  }

  /** @returns the exit status */
  private perform(args: readonly string[], say: Say): number {
    const fail = (...lines: readonly string[]): number => {
      say(...lines.map((line) => `Error: ${line}`));
      return 1;
    };
    const has = (word: string): boolean => args.includes(word);
    const after = (word: string): string => args[args.indexOf(word) + 1] ?? '';
    if (has('--version')) {
      say('STM32CubeProgrammer version: 2.21.0');
      return 0;
    }
    if (has('debugauth=2') || has('debugauth=1')) return this.authenticate(args, say, fail);
    const device = `Device ID   : 0x${this.kit.device.deviceId.toString(16)}`;
    if (has('port=SWD')) {
      if (this.state === 'CLOSED' || this.state === 'LOCKED') return fail('Unable to get core ID', 'No STM32 target found!');
      say(`ST-LINK SN  : ${simulatedProbe}`, 'ST-LINK FW  : V3J15M6', `Voltage     : ${this.voltage.toFixed(2)}V`, device, 'Device name : STM32H7RSxx');
    } else {
      if (this.comLost || this.state !== 'PROVISIONING') return fail('Activating device: KO');
      say('Activating device: OK', device);
    }
    if (has('displ')) {
      say('UPLOADING OPTION BYTES DATA ...', 'OPTION BYTES BANK: 0');
      for (const [name, value] of this.optionBytes) say(`     ${name.padEnd(14)} : 0x${value.toString(16).toUpperCase()} (x)`);
    } else if (has('-ob')) {
      for (const pair of args.slice(args.indexOf('-ob') + 1).filter((word) => word.includes('='))) {
        const [name, value] = pair.split('=') as [string, string];
        const guarded = this.state === 'PROVISIONING' && /^(WRPS|HDP_)/.test(name);
        if (!this.optionBytes.has(name) || guarded) return fail(`Expected value for Option Byte "${name}": ${value}, found: other`, 'Option Byte Programming failed');
        this.optionBytes.set(name, Number(value));
      }
      say('PROGRAMMING OPTION BYTES AREA ...', 'Option Bytes successfully programmed');
    }
    if (has('-obrss')) {
      const [address, mask, value, position] = args.slice(args.indexOf('-obrss') + 1).map(Number) as [number, number, number, number];
      if (this.state !== 'PROVISIONING') return fail('RSS does not serve that here');
      const shifted = value * 2 ** position;
      for (const { name, program, low, width } of this.kit.device.optionBytes) {
        if (program === address && ((mask >>> low) & 1) === 1) this.optionBytes.set(name, Math.floor(shifted / 2 ** low) % 2 ** width);
      }
    }
    if (has('-sdp')) {
      const file = after('-sdp');
      const bytes = readFileSync(file);
      const destination = bytes.readUInt32LE(0) & 0xffff;
      this.obkeys.set(destination, sha(file));
      if (destination === 8) this.da = readDaObk(bytes);
      say(`Secure Data Provisioning Start. OBK Input file : ${file}`, 'OBKey Provisioned successfully');
    }
    if (has('-e')) {
      if (after('-e') === 'all' && this.optionBytes.get('WRPS0') === 0) return fail('failed to erase memory');
      if (after('-e') === 'all') this.flash.delete('internal');
      say(after('-e') === 'all' ? 'Mass erase successfully achieved' : 'Erase external sectors successfully achieved');
    }
    if (has('-d')) {
      this.flash.set(targetOf(args, after('-d')), sha(after('-d')));
      say('File download complete', 'Download verified successfully');
    }
    return has('-psrss') ? this.changeState(Number(after('-psrss')), fail) : 0;
  }

  private changeState(code: number, fail: (...lines: readonly string[]) => number): number {
    const set = (state: LifeState, provisioned: number, authentication: number): void => {
      this.state = state;
      this.optionBytes.set('NVSTATE', 0x51);
      this.optionBytes.set('OEM_PROVD', provisioned);
      this.optionBytes.set('DBG_AUTH', authentication);
    };
    if (code === 0x17 && this.state === 'OPEN') {
      set('PROVISIONING', 0x6a, 0xff);
      return 0;
    }
    if (this.state !== 'PROVISIONING' || (code !== 0x72 && code !== 0x5c)) return fail(`product state ${hex(code)} refused`);
    if (code === 0x5c || this.da?.method === 'locked') set('LOCKED', 0xb4, 0xb4);
    else set('CLOSED', 0xb4, this.da?.method === 'password' ? 0x8a : 0x51);
    return fail('failed to reconnect after reset !');
  }

  private authenticate(args: readonly string[], say: Say, fail: (...lines: readonly string[]) => number): number {
    const sound = this.credentialSound && this.state !== 'LOCKED';
    say('Start Debug Authentication Sequence', 'Open SDM Lib', 'discovery: target ID.......................:0x485', `discovery: PSA lifecycle...................:ST_LIFECYCLE_${this.state}`);
    say(`discovery: ST provisioning integrity status:${sound ? '0xeaeaeaea' : '0xf5f5f5f5'}`);
    if (sound) say('discovery: permission if authorized...........:(a/14) ==> Full Regression');
    if (args.includes('debugauth=2')) {
      say('Debug Authentication: Discovery Success');
      return 0;
    }
    const method = args.some((word) => word.startsWith('pwd=')) ? 'password' : 'certificate';
    if (!sound || this.da?.method !== method) return fail('Debug Authentication Failed');
    this.state = 'OPEN';
    this.da = undefined;
    this.obkeys.clear();
    this.flash.delete('internal');
    for (const { name, factory } of this.kit.device.optionBytes) this.optionBytes.set(name, factory);
    say('SDMAuthenticate: Authentication successful', 'Debug Authentication Success');
    return 0;
  }
}

function targetOf(args: readonly string[], file: string): string {
  return args.includes('-el') || args.includes('-elbl') ? `external ${file}` : 'internal';
}
