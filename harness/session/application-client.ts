import type { Address, ByteCount, Milliseconds } from '../units/index.js';
import { hex32, parseNumber } from '../units/index.js';
import { HarnessError } from '../errors/index.js';
import type { FaultReport } from './fault-report.js';
import type { Answer, RequestOptions } from './request-link.js';

type Fields = Readonly<Record<string, string>>;
type Argument = string | number;
type Width = 1 | 2 | 4;

export interface Identity {
  readonly fixture: string;
  readonly version: string;
  readonly kit: string;
  readonly run: Address;
  readonly vtor: Address;
}

/** One region of the MPU as its registers read (Armv7-M ARM DDI 0403E, B3.5). */
export interface MpuRegion {
  readonly rbar: number;
  readonly rasr: number;
}

export interface MpuState {
  readonly type: number;
  readonly ctrl: number;
  /** By region number. */
  readonly regions: readonly MpuRegion[];
}

/** One handle of ST's HAL at 0x30007FC0 and the monitor it names. */
export interface RameccHandle {
  readonly instance: Address;
  readonly state: number;
  readonly errorCode: number;
  /** null when `instance` is no monitor. */
  readonly monitor: RameccMonitor | null;
}

/** Registers of a monitor (RAMECC_MxCR, SR, FAR, FDRL, FDRH, FECR). */
export interface RameccMonitor {
  readonly cr: number;
  readonly sr: number;
  readonly far: number;
  readonly fdrl: number;
  readonly fdrh: number;
  readonly fecr: number;
}

export interface RameccState {
  readonly ier1: number;
  readonly ier2: number;
  readonly handles: readonly RameccHandle[];
}

/** The clocks as the fixture reads them from RCC, and what it measured with DWT_CYCCNT. */
export interface ClockState {
  /** Core clock and PCLK1 in Hz. */
  readonly cpu: number;
  readonly pclk1: number;
  readonly brr: number;
  /** Cycles that 16 characters (8N1) took on their way out. */
  readonly sent: number;
}

export interface LineTime {
  /** How many characters came in. */
  readonly characters: number;
  /** Shortest time from one to the next in cycles: that of one frame of the far end. */
  readonly shortest: number;
}

export interface EccInjection {
  readonly address: Address;
  readonly written: number;
  readonly read: number;
  readonly sr: number;
  readonly far: number;
  readonly fdrl: number;
  readonly fdrh: number;
  readonly fecr: number;
  /** RAMECC interrupts taken during the command. */
  readonly irqs: number;
  /** What each of them printed. */
  readonly interrupts: readonly Fields[];
}

/** Which fault to provoke (firmware-fixtures/PROTOCOL.md, `fault`). */
export type Provocation =
  | { readonly exec: Address }
  | { readonly read: Address }
  | { readonly write: Address; readonly value?: number }
  | { readonly unprivileged: 'read' | 'write' | 'exec'; readonly address: Address; readonly value?: number }
  | 'udf'
  | 'divzero'
  | 'unaligned'
  | 'svc-masked';

const PIECE = 64;

function badAnswer(what: string): HarnessError {
  return new HarnessError({ code: 'bad-answer', kind: 'subject', message: what, nextStep: 'compare the application with the console protocol it claims to speak (firmware-fixtures/PROTOCOL.md)' });
}

function numberOf(fields: Fields, name: string): number {
  const value = parseNumber(fields[name] ?? '');
  if (value === undefined) throw badAnswer(`the answer has no number "${name}"`);
  return value;
}

function numbersOf(text: string | undefined, count: number, name: string): number[] {
  const values = (text ?? '').split(':').map((word) => parseNumber(word));
  if (values.length !== count || values.includes(undefined)) throw badAnswer(`"${name}" of the answer is not ${count} numbers`);
  return values as number[];
}

/**
 * What the fixture application does when asked. Every method throws, besides the bench errors of the request,
 * `application-error` (the request was refused), `application-fault` (it raised a fault) and `bad-answer` (subject).
 */
export class ApplicationClient {
  constructor(private readonly send: (command: string, args: readonly Argument[], options?: RequestOptions) => Promise<Answer>) {}

  async identify(): Promise<Identity> {
    const fields = await this.ask('identify');
    return { fixture: fields['fixture'] ?? '', version: fields['version'] ?? '', kit: fields['kit'] ?? '', run: numberOf(fields, 'run'), vtor: numberOf(fields, 'vtor') };
  }

  /** @param text one word of at most 64 printable characters */
  async echo(text: string): Promise<string> {
    return (await this.ask('echo', [text]))['text'] ?? '';
  }

  /** One load. */
  async read(address: Address, width: Width = 4): Promise<number> {
    return numberOf(await this.ask('read', [address, width]), 'value');
  }

  /** One store. */
  async write(address: Address, value: number, width: Width = 4): Promise<void> {
    await this.ask('write', [address, value, width]);
  }

  /** Byte loads of any length, in pieces of 64. */
  async dump(address: Address, size: ByteCount): Promise<Uint8Array> {
    const out = new Uint8Array(size);
    for (let at = 0; at < size; at += PIECE) {
      const count = Math.min(PIECE, size - at);
      const data = (await this.ask('dump', [address + at, count]))['data'] ?? '';
      if (!/^[0-9a-fA-F]*$/.test(data) || data.length !== 2 * count) throw badAnswer(`the dump of ${hex32(address + at)} is not ${count} bytes`);
      out.set(Buffer.from(data, 'hex'), at);
    }
    return out;
  }

  async crc32(address: Address, size: ByteCount, options?: RequestOptions): Promise<number> {
    const text = (await this.ask('crc32', [address, size], options))['crc32'] ?? '';
    if (!/^[0-9a-fA-F]{8}$/.test(text)) throw badAnswer('the answer has no crc32');
    return parseInt(text, 16);
  }

  async vtor(): Promise<{ vtor: Address; mspInitial: Address; reset: Address }> {
    const fields = await this.ask('vtor');
    return { vtor: numberOf(fields, 'vtor'), mspInitial: numberOf(fields, 'msp_initial'), reset: numberOf(fields, 'reset') };
  }

  async mpu(): Promise<MpuState> {
    const fields = await this.ask('mpu');
    const regions = Array.from({ length: 16 }, (_, n) => {
      const [rbar, rasr] = numbersOf(fields[`r${n}`], 2, `r${n}`);
      return { rbar: rbar!, rasr: rasr! };
    });
    return { type: numberOf(fields, 'type'), ctrl: numberOf(fields, 'ctrl'), regions };
  }

  /** @returns the registers as read back */
  async mpuSet(region: number, rbar: number, rasr: number): Promise<MpuRegion> {
    const fields = await this.ask('mpu-set', [region, rbar, rasr]);
    return { rbar: numberOf(fields, 'rbar'), rasr: numberOf(fields, 'rasr') };
  }

  async cycles(): Promise<{ cyccnt: number; delta: number }> {
    const fields = await this.ask('cycles');
    return { cyccnt: numberOf(fields, 'cyccnt'), delta: numberOf(fields, 'delta') };
  }

  async ramecc(): Promise<RameccState> {
    const fields = await this.ask('ramecc');
    const handles = Array.from({ length: 5 }, (_, n): RameccHandle => {
      const [instance, state, errorCode] = numbersOf(fields[`h${n}`], 3, `h${n}`);
      return { instance: instance!, state: state!, errorCode: errorCode!, monitor: monitorOf(fields[`m${n}`], n) };
    });
    return { ier1: numberOf(fields, 'ier1'), ier2: numberOf(fields, 'ier2'), handles };
  }

  /** Flips bits of a stored word and loads it. @param offset into the test area of that RAM, a multiple of 8 below 4096 */
  async eccInject(handle: number, bits: 1 | 2, offset = 0): Promise<EccInjection> {
    const answer = await this.expectOk('ecc-inject', [handle, bits, offset]);
    const value = (name: string): number => numberOf(answer.fields, name);
    return {
      address: value('address'),
      written: value('written'),
      read: value('read'),
      sr: value('sr'),
      far: value('far'),
      fdrl: value('fdrl'),
      fdrh: value('fdrh'),
      fecr: value('fecr'),
      irqs: value('irqs'),
      interrupts: answer.interrupts,
    };
  }

  /** @returns the monitor's status afterwards */
  async eccClear(handle: number): Promise<number> {
    return numberOf(await this.ask('ecc-clear', [handle]), 'sr');
  }

  /** What the fault handler does after its line. */
  async onFault(policy: 'continue' | 'reset'): Promise<void> {
    await this.ask('on-fault', [policy]);
  }

  /** Provokes a fault. @throws HarnessError `no-fault` (subject) when the access went through */
  async fault(provocation: Provocation): Promise<FaultReport> {
    const args = provocationArguments(provocation);
    const answer = await this.send('fault', args);
    if (answer.kind === 'fault') return answer.fault;
    if (answer.kind === 'error') throw refused(`fault ${args.join(' ')}`, answer);
    throw new HarnessError({ code: 'no-fault', kind: 'subject', message: `"fault ${describe(args)}" raised no fault and gave ${answer.fields['value'] ?? 'nothing'}`, nextStep: 'compare the MPU table in force with the one expected' });
  }

  /** The accepted twin of `fault`: the access goes through. @returns what it read, or what the called code returned */
  async access(provocation: Exclude<Provocation, string>): Promise<number> {
    return numberOf(await this.ask('fault', provocationArguments(provocation)), 'value');
  }

  /** Writes the confirmation flag. @returns the 16 bytes as read back */
  async confirm(): Promise<Uint8Array> {
    return Uint8Array.from(Buffer.from((await this.ask('confirm'))['flag'] ?? '', 'hex'));
  }

  /** Starts the independent watchdog, which is never refreshed. @returns when it bites, LSI taken as 32 kHz */
  async startWatchdog(ms: Milliseconds): Promise<Milliseconds> {
    const fields = await this.ask('iwdg', [ms]);
    return ((numberOf(fields, 'reload') + 1) * numberOf(fields, 'prescaler')) / 32;
  }

  /**
   * Starts the independent watchdog and lets it bite, without another request in between: follow with `boot({ reset: false, from })`.
   * @param refreshes how often it is refreshed before, at half of its time @param count word in RAM that gets the cycles from its start to its bite
   */
  async bite(ms: Milliseconds, options: { readonly refreshes?: number; readonly count: Address }): Promise<void> {
    await this.ask('bite', [ms, options.refreshes ?? 0, options.count]);
  }

  /** Stops answering, interrupts masked; only a reset helps. */
  async hang(): Promise<void> {
    await this.ask('hang');
  }

  async clock(): Promise<ClockState> {
    const fields = await this.ask('clock');
    return { cpu: numberOf(fields, 'cpu'), pclk1: numberOf(fields, 'pclk1'), brr: numberOf(fields, 'brr'), sent: numberOf(fields, 'sent') };
  }

  /** Sets PLL1 for 380 or 600 MHz. @returns core clock in Hz by the registers, and the BRR for it */
  async cpuClock(mhz: 380 | 600): Promise<{ cpu: number; brr: number }> {
    const fields = await this.ask('cpu-clock', [mhz]);
    return { cpu: numberOf(fields, 'cpu'), brr: numberOf(fields, 'brr') };
  }

  /** Times the characters of one request on their way in. */
  async lineTime(): Promise<LineTime> {
    await this.ask('line-watch');
    const fields = await this.ask('line-time');
    return { characters: numberOf(fields, 'characters'), shortest: numberOf(fields, 'shortest') };
  }

  /** Switches PLL2 off, loads a word, switches PLL2 on again, all from internal RAM. @returns what the load gave; CFSR and BFAR after it */
  async pll2Pause(address: Address): Promise<{ value: number; cfsr: number; bfar: number }> {
    const fields = await this.ask('pll2-pause', [address]);
    return { value: numberOf(fields, 'value'), cfsr: numberOf(fields, 'cfsr'), bfar: numberOf(fields, 'bfar') };
  }

  /** Resets itself after its answer: follow with `boot({ reset: false, from })`. */
  async reset(): Promise<void> {
    await this.ask('reset');
  }

  private async ask(command: string, args: readonly Argument[] = [], options?: RequestOptions): Promise<Fields> {
    return (await this.expectOk(command, args, options)).fields;
  }

  private async expectOk(command: string, args: readonly Argument[], options?: RequestOptions): Promise<Extract<Answer, { kind: 'ok' }>> {
    const answer = await this.send(command, args, options);
    if (answer.kind === 'ok') return answer;
    const request = describe([command, ...args]);
    if (answer.kind === 'error') throw refused(request, answer);
    const { fault } = answer;
    throw new HarnessError({
      code: 'application-fault',
      kind: 'subject',
      message: `"${request}" raised ${fault.name} (${fault.flags.join(' ') || 'no cause in CFSR'}) at pc ${hex32(fault.pc)}`,
      nextStep: 'look up the address in the map file of the application, and the region it touched in the MPU table',
      fields: { ...fault, flags: [...fault.flags] },
    });
  }
}

function describe(args: readonly Argument[]): string {
  return args.map((word) => (typeof word === 'number' ? `0x${word.toString(16)}` : word)).join(' ');
}

function refused(request: string, answer: Extract<Answer, { kind: 'error' }>): HarnessError {
  return new HarnessError({ code: 'application-error', kind: 'subject', message: `the application refused "${request}": ${answer.code}`, nextStep: 'check the arguments of the request', fields: { refusal: answer.code } });
}

function provocationArguments(provocation: Provocation): Argument[] {
  if (typeof provocation === 'string') return [provocation];
  if ('exec' in provocation) return ['exec', provocation.exec];
  if ('read' in provocation) return ['read', provocation.read];
  if ('write' in provocation) return ['write', provocation.write, provocation.value ?? 0];
  const { unprivileged, address, value } = provocation;
  return ['unprivileged', unprivileged, address, ...(unprivileged === 'write' ? [value ?? 0] : [])];
}

function monitorOf(text: string | undefined, n: number): RameccMonitor | null {
  if (text === 'none') return null;
  const [cr, sr, far, fdrl, fdrh, fecr] = numbersOf(text, 6, `m${n}`);
  return { cr: cr!, sr: sr!, far: far!, fdrl: fdrl!, fdrh: fdrh!, fecr: fecr! };
}
