import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pRetry from 'p-retry';
import type { Address, ByteCount, Milliseconds } from '../units/index.js';
import { hex32 } from '../units/index.js';
import { HarnessError, isHarnessError } from '../errors/index.js';
import type { ActionName } from './actions.js';
import { actionRules, deadlineOf, positiveLines } from './actions.js';
import { judgeCall } from './call-errors.js';
import type { CallLog } from './call-log.js';
import type { DiscoveryReport } from './discovery-report.js';
import { parseDiscovery } from './discovery-report.js';
import type { ConnectionReport, Probe } from './parse.js';
import { parseConnection, parseOptionBytes, parseProbes, parseVersion, parseWords } from './parse.js';
import type { BootLoaderPort, ConnectMode, ToolAction, ToolRequest } from './request.js';
import { redactArguments, toolArguments, usesBootLoader } from './request.js';
import { runTool, type ToolRunner } from './run-tool.js';
import type { StateChangePermit } from './state-change.js';
import { changesProductState, noGuard } from './state-change.js';
import type { ToolCall } from './tool-call.js';

export interface ProgrammerOptions {
  /** STM32_Programmer_CLI (see `findProgrammer`). */
  readonly path: string;
  /** Serial number of the ST-LINK; needed by everything but `version` and `listProbes`. */
  readonly sn?: string;
  readonly onCall?: (call: ToolCall) => void;
  /** A pause that the device needs between two calls is over. It must not throw. */
  readonly onPaused?: (durationMs: Milliseconds) => void;
  /** Every call is written here before its result is used. */
  readonly log?: Pick<CallLog, 'append'>;
  /** How the tool is run; default: as a process. For models of it. */
  readonly run?: ToolRunner;
  /** Deadline of an action in ms, instead of the built-in one. */
  readonly deadlines?: Readonly<Partial<Record<ActionName, Milliseconds>>>;
  /** Ends the running call and refuses later ones (Ctrl-C). */
  readonly signal?: AbortSignal;
  /** How often a read that met a transient failure is repeated, and the first pause; default 3 times, 500 ms, doubling. */
  readonly retries?: { readonly count: number; readonly pauseMs: Milliseconds };
  /** From the polite to the hard end of a call that is ended; default 1000 ms. */
  readonly graceMs?: Milliseconds;
  /** Set for the tool in addition: what tells whose it is when this process was killed and the tool goes on. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Told the process id of every tool. */
  readonly onStart?: (pid: number) => void;
}

/** Most that `read` fetches in one call. */
const READ_LIMIT = 16 * 1024 * 1024;

/**
 * Driver of STM32CubeProgrammer's command line. One call at a time; each has a deadline at which its process tree is ended.
 * Reads that meet a transient failure are repeated; writes never are: `unknown-outcome` says that the state must be read back.
 * Every method throws HarnessError: `tool-missing`, `probe-missing`, `probe-lost`, `target-unreachable`, `tool-timeout`,
 * `unknown-outcome`, `interrupted`, `option-byte-refused`, `loader-refused`, `verify-failed`, `tool-failed`, `tool-unclear` (bench),
 * `obk-bad-size`, `tool-file` (usage).
 */
export class Programmer {
  readonly path: string;
  private readonly options: ProgrammerOptions;
  private queue: Promise<unknown> = Promise.resolve();
  /** By the last discovery: a target that does not answer the debug port is then no glitch, and not asked again. */
  private debugPortShut = false;

  constructor(options: ProgrammerOptions) {
    this.path = options.path;
    this.options = options;
  }

  get sn(): string {
    if (this.options.sn === undefined) throw new HarnessError({ code: 'probe-unnamed', kind: 'usage', message: 'no probe was named', nextStep: 'give the serial number that `rot-hil boards` shows' });
    return this.options.sn;
  }

  /** Version of the tool: `2.21.0`. */
  async version(): Promise<string> {
    const lines = await this.invoke(['--version'], 'version');
    return parseVersion(lines) ?? 'unknown';
  }

  /** Every ST-LINK that the tool sees; empty when there is none. */
  async listProbes(): Promise<Probe[]> {
    return parseProbes(await this.invoke(['-l', 'st-link'], 'list-probes'));
  }

  async connect(mode: ConnectMode): Promise<ConnectionReport> {
    return parseConnection(await this.call({ mode, actions: [{ do: 'connect' }] }));
  }

  /** Every option byte that the tool shows, by ST's name. */
  async readOptionBytes(mode: ConnectMode = 'Hotplug'): Promise<ReadonlyMap<string, number>> {
    return parseOptionBytes(await this.call({ mode, actions: [{ do: 'read-option-bytes' }] }));
  }

  async writeOptionBytes(values: Readonly<Record<string, number>>, mode: ConnectMode = 'Hotplug'): Promise<void> {
    await this.call({ mode, actions: [{ do: 'write-option-bytes', values }] });
  }

  /** `-obrss`: one option register, by the chip's secure services. What it printed proves nothing: read the option bytes afterwards. */
  async writeOptionRegister(address: Address, mask: number, value: number, position = 0): Promise<void> {
    await this.call({ mode: 'Hotplug', actions: [{ do: 'write-option-register', address, mask, value, position }] });
  }

  /** `debugauth=2`: what the chip says of itself in any product state. It is reset for that. */
  async discover(): Promise<DiscoveryReport> {
    const report = parseDiscovery(await this.call({ mode: 'debug-authentication', actions: [{ do: 'discover' }] }));
    this.debugPortShut = report.lifeCycle === 'CLOSED' || report.lifeCycle === 'LOCKED';
    return report;
  }

  /** Software reset (`-rst`). */
  async reset(mode: ConnectMode = 'Hotplug'): Promise<void> {
    await this.call({ mode, actions: [{ do: 'reset' }] });
  }

  /** `-g`: starts the core, at `address` if given. */
  async start(address?: Address, mode: ConnectMode = 'Hotplug'): Promise<void> {
    await this.call({ mode, actions: [{ do: 'start', ...(address === undefined ? {} : { address }) }] });
  }

  /** `-r32`: words at an address that is a multiple of 4. */
  async readWords(address: Address, count: number, mode: ConnectMode = 'Hotplug'): Promise<readonly number[]> {
    const words = parseWords(await this.call({ mode, actions: [{ do: 'read-words', address, size: 4 * count }] }), address);
    if (words.length >= count) return words.slice(0, count);
    throw new HarnessError({ code: 'tool-unclear', kind: 'bench', message: `the tool showed ${words.length} of ${count} words at ${hex32(address)}`, nextStep: 'check the version of STM32CubeProgrammer (rot-hil doctor)' });
  }

  /** `-w32`. */
  async writeWords(address: Address, values: readonly number[], mode: ConnectMode = 'Hotplug'): Promise<void> {
    await this.call({ mode, actions: [{ do: 'write-words', address, values }] });
  }

  /** Erases the internal flash. */
  async eraseAll(mode: ConnectMode = 'Hotplug'): Promise<void> {
    await this.call({ mode, actions: [{ do: 'erase-all' }] });
  }

  /** Erases sectors `first` … `last` of the external flash, in the sectors of the loader. */
  async eraseExternal(loader: string, first: number, last: number, mode: ConnectMode | BootLoaderPort = 'normal'): Promise<void> {
    await this.call({ mode, actions: [{ do: 'erase-external', loader, first, last }] });
  }

  /** Programs a .hex file, or a .bin file at `address`; erases what it covers first. `externalLoader`: name or path for `-el`. */
  async download(file: string, options: { address?: Address; externalLoader?: string; verify?: boolean; mode?: ConnectMode | BootLoaderPort } = {}): Promise<void> {
    const { size } = await stat(file).catch(() => {
      throw new HarnessError({ code: 'tool-file', kind: 'usage', message: `cannot read ${file}`, nextStep: 'check the path of the file' });
    });
    const action: ToolAction = {
      do: 'download',
      file,
      verify: options.verify ?? true,
      sizeBytes: size,
      ...(options.address === undefined ? {} : { address: options.address }),
      ...(options.externalLoader === undefined ? {} : { loader: options.externalLoader }),
    };
    await this.call({ mode: options.mode ?? (options.externalLoader === undefined ? 'Hotplug' : 'normal'), actions: [action] });
  }

  /** `-sdp`: writes one OBKey file. */
  async provisionObk(file: string): Promise<void> {
    await this.call({ mode: 'Hotplug', verbosity: 3, actions: [{ do: 'provision-obk', file }] });
  }

  /** Pulses the reset pin: the board starts from its boot address. */
  async hardReset(): Promise<void> {
    await this.call({ mode: 'Hotplug', actions: [{ do: 'hard-reset' }] });
  }

  /**
   * Reads memory without resetting the board. Address and size are widened to words for the tool.
   * @param externalLoader for memories that the core has not mapped. The core is reset before it runs, as for a download: the MPU table that the root of trust leaves
   * forbids to execute the RAM that a loader lies in, and executed in place its memory cipher engine would decipher what is to be read raw
   */
  async read(address: Address, size: ByteCount, options: { externalLoader?: string; mode?: ConnectMode } = {}): Promise<Uint8Array> {
    if (!Number.isInteger(size) || size < 1 || size > READ_LIMIT) {
      throw new HarnessError({ code: 'read-size', kind: 'usage', message: `cannot read ${size} bytes at once`, nextStep: `read 1 to ${READ_LIMIT} bytes` });
    }
    const start = address - (address % 4);
    const length = Math.ceil((address + size - start) / 4) * 4;
    const folder = await mkdtemp(join(tmpdir(), 'rot-hil-read-'));
    const file = join(folder, 'memory.bin');
    try {
      await this.call({
        mode: options.mode ?? (options.externalLoader === undefined ? 'Hotplug' : 'normal'),
        actions: [{ do: 'read', address: start, size: length, file, ...(options.externalLoader === undefined ? {} : { loader: options.externalLoader }) }],
      });
      const bytes = await readFile(file).catch(() => Buffer.alloc(0));
      if (bytes.length < length) {
        throw new HarnessError({
          code: 'tool-unclear',
          kind: 'bench',
          message: `the tool read ${bytes.length} of ${length} bytes at ${hex32(start)} and reported success`,
          nextStep: 'check the version of STM32CubeProgrammer (rot-hil doctor)',
        });
      }
      return Uint8Array.from(bytes.subarray(address - start, address - start + size));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** The argument vector that `call` would use, redacted: for --dry-run. */
  argumentsOf(request: ToolRequest): string[] {
    return redactArguments(this.vector(request));
  }

  /**
   * Runs one request; resolves with the clean output lines. The typed methods above are made of it, and so are plans.
   * @param permit for a request that changes the product state: what the execution of a plan holds after the brick guard
   * @throws HarnessError `no-guard` (guard) for such a request without it, before anything is started
   */
  async call(request: ToolRequest, permit?: StateChangePermit): Promise<readonly string[]> {
    const change = request.actions.find(changesProductState);
    if (change !== undefined && permit?.given !== true) throw noGuard(`the call ${change.do} changes the product state`);
    const changesState = request.actions.some((action) => actionRules[action.do].changesState);
    const once = (): Promise<readonly string[]> =>
      this.enqueue(this.vector(request), {
        changesState,
        positive: positiveLines(request.actions),
        deadlineMs: deadlineOf(request.actions, this.options.deadlines),
        retryAfterTimeout: request.actions.every((action) => actionRules[action.do].retryAfterTimeout === true),
      });
    const overDebugPort = request.mode !== 'debug-authentication' && !usesBootLoader(request);
    const lines = changesState ? await once() : await this.withRetries(once, (code) => overDebugPort && this.debugPortShut && code === 'target-unreachable');
    if (overDebugPort) this.debugPortShut = false;
    return lines;
  }

  /** A pause between calls; ends early, with `interrupted`, on abort. */
  async pause(ms: Milliseconds): Promise<void> {
    const { signal, onPaused } = this.options;
    const began = performance.now();
    await sleep(ms, undefined, signal === undefined ? {} : { signal }).catch(() => {
      throw new HarnessError({ code: 'interrupted', kind: 'bench', message: 'interrupted in a pause between tool calls', nextStep: 'run the command again' });
    });
    onPaused?.(performance.now() - began);
  }

  private vector(request: ToolRequest): string[] {
    return toolArguments(request, usesBootLoader(request) ? '' : this.sn);
  }

  private invoke(args: readonly string[], action: 'version' | 'list-probes'): Promise<readonly string[]> {
    const rule = actionRules[action];
    const once = (): Promise<readonly string[]> =>
      this.enqueue(args, {
        changesState: false,
        positive: rule.positive,
        deadlineMs: this.options.deadlines?.[action] ?? rule.deadlineMs,
        ...(action === 'list-probes' ? { answer: /No (?:debug probe|ST-?LINK)/i } : {}),
      });
    return this.withRetries(once);
  }

  /** @param isAnswer errors, by their code, that are the answer already */
  private withRetries<T>(read: () => Promise<T>, isAnswer: (code: string) => boolean = () => false): Promise<T> {
    const { count, pauseMs } = this.options.retries ?? { count: 3, pauseMs: 500 };
    const { signal } = this.options;
    return pRetry(read, {
      retries: count,
      minTimeout: pauseMs,
      factor: 2,
      shouldRetry: ({ error }) => isHarnessError(error) && error.fields['transient'] === true && !isAnswer(error.code) && signal?.aborted !== true,
    });
  }

  /** One call at a time: two tools on one probe break each other. */
  private enqueue(args: readonly string[], expected: Expected): Promise<readonly string[]> {
    const next = this.queue.then(() => this.run(args, expected));
    this.queue = next.catch(() => undefined);
    return next;
  }

  private async run(args: readonly string[], { answer, ...expected }: Expected): Promise<readonly string[]> {
    const redacted = redactArguments(args);
    const startedAt = new Date().toISOString();
    const result = await (this.options.run ?? runTool)(this.path, args, {
      deadlineMs: expected.deadlineMs,
      ...(this.options.signal === undefined ? {} : { signal: this.options.signal }),
      ...(this.options.graceMs === undefined ? {} : { graceMs: this.options.graceMs }),
      ...(this.options.environment === undefined ? {} : { environment: this.options.environment }),
      ...(this.options.onStart === undefined ? {} : { onStart: this.options.onStart }),
    });
    const { errorLines, lines } = result.output;
    // "No probe" is printed as an error by `-l`, with or without a failing exit status: it is an answer.
    const answered = answer !== undefined && result.outcome === 'exited' && errorLines.length > 0 && errorLines.every((line) => answer.test(line));
    const error = answered ? undefined : judgeCall(this.path, { arguments: redacted, ...expected }, result);
    const outcome = error === undefined ? 'ok' : result.outcome === 'timeout' ? 'timeout' : result.outcome === 'aborted' ? 'killed' : 'error';
    const call: ToolCall = { startedAt, arguments: redacted, durationMs: result.durationMs, exitCode: result.exitCode, outcome, error: error?.code ?? null, output: lines };
    this.options.log?.append(call);
    this.options.onCall?.(call);
    if (error !== undefined) throw error;
    return lines;
  }
}

/** What a call is judged by. */
interface Expected {
  readonly changesState: boolean;
  readonly positive: readonly RegExp[];
  readonly deadlineMs: Milliseconds;
  readonly retryAfterTimeout?: boolean;
  /** An error line that is an answer. */
  readonly answer?: RegExp;
}
