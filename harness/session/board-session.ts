import { types } from 'node:util';
import type { Bench, Kit, RotConfiguration } from '../board/index.js';
import type { Console, ConsoleLine, ConsoleMark } from '../console/index.js';
import { HarnessError } from '../errors/index.js';
import type { CheckResult } from '../image/index.js';
import type { DiscoveryReport, Probe, Programmer } from '../programmer/index.js';
import { executePlan, journalPath, judgeJournal, readJournalText } from '../provisioning/index.js';
import type { Address, ByteCount, Milliseconds } from '../units/index.js';
import { ApplicationClient } from './application-client.js';
import type { Application } from './application.js';
import { readApplication } from './application.js';
import type { BootExpectation } from './await-boot.js';
import { awaitBoot } from './await-boot.js';
import type { SlotName } from './board-files.js';
import { BoardFiles } from './board-files.js';
import type { FaultWatch } from './fault-watch.js';
import type { BootReport } from './boot-report.js';
import { noImage, rotStart } from './boot-report.js';
import type { BoardStatusReport } from './board-status.js';
import { readBoardStatus } from './board-status.js';
import type { ClosingOptions, StrangersWay } from './closed-board.js';
import { installationMs } from './installation-time.js';
import { ClosedBoard } from './closed-board.js';
import { BoardStates } from './board-states.js';
import { PowerSwitch } from './power-switch.js';
import { Quarantine } from './quarantine.js';
import type { Answer, RequestOptions } from './request-link.js';
import { RequestLink } from './request-link.js';
import type { RotKeys } from './session-keys.js';
import { derivedRotKeys } from './session-keys.js';
import type { NamedApplication, SessionApplications, SessionEvent } from './session-options.js';
import type { SignRequest, SignedApplication, SigningContext, VerifyOptions } from './signed-application.js';
import { signFor, verifyFor } from './signed-application.js';

/** Who and what is tested, for reports. */
export interface SessionIdentity {
  readonly board: string;
  readonly kit: string;
  readonly probeSn: string;
  /** As the tool prints them; null where it does not. */
  readonly probeFirmware: string | null;
  readonly probeBoard: string | null;
  readonly toolVersion: string;
}

export interface BootOptions {
  /** Default `application`: its banner. */
  readonly expect?: BootExpectation;
  /** Default 20 000; what the root of trust needs to move images comes on top. */
  readonly withinMs?: Milliseconds;
  /** Default true; false: something else resets the board (the application, a watchdog). */
  readonly reset?: boolean;
  /** Lines from this mark on count; needed with `reset: false`, taken before what resets the board. */
  readonly from?: ConsoleMark;
  /** First line of an application that is not a fixture. */
  readonly banner?: RegExp;
}

/** What a session is made of: see `openSession`. */
export interface SessionParts {
  readonly bench: Bench;
  readonly kit: Kit;
  readonly configuration: RotConfiguration;
  readonly keys: RotKeys;
  readonly seed: string;
  readonly applications: SessionApplications | undefined;
  readonly closing: ClosingOptions | undefined;
  readonly workDirectory: string;
  readonly programmer: Programmer;
  readonly console: Console;
  readonly toolVersion: string;
  readonly probe: Probe;
  readonly abort: AbortController;
  readonly faults: FaultWatch;
  readonly onEvent: (event: SessionEvent) => void;
}

const BOOT_MS = 20_000;

/**
 * One board, held by one process: what a suite works with. Tool calls, console and requests fail with a HarnessError; the first bench fault ends
 * the use of the board, and every later call fails at once with `board-quarantined`, naming it.
 */
export class BoardSession {
  readonly bench: Bench;
  readonly kit: Kit;
  readonly configuration: RotConfiguration;
  /** Public and private keys that the board's root of trust is provisioned with. */
  readonly keys: RotKeys;
  /** Keys that the board does not know, for images it must refuse. */
  readonly strangerKeys: RotKeys;
  readonly programmer: Programmer;
  readonly console: Console;
  /** The fixture application's commands. */
  readonly app: ApplicationClient;
  /** Takes the power away; undefined on a bench that cannot. */
  readonly power: PowerSwitch | undefined;
  /** Keeps states of the board and goes back to them; undefined on a bench that cannot. */
  readonly states: BoardStates | undefined;
  private readonly link: RequestLink;
  private readonly quarantine = new Quarantine();
  private readonly signing: SigningContext;
  private readonly files: BoardFiles;
  private readonly closing: ClosedBoard;
  /** Whether the board is closed, as far as this session knows; where it is to boot in product state CLOSED only, from the beginning. */
  private isClosed: boolean;
  /** The point before the last start that this session asked for. */
  private lastStart: ConsoleMark | undefined;
  /** How many are at work that provoke faults. */
  private provoking = 0;
  /** Files that applications were read from. */
  private readonly paths = new WeakMap<Application, string>();

  /** Use `openSession`. */
  constructor(private readonly parts: SessionParts) {
    this.bench = parts.bench;
    this.kit = parts.kit;
    this.configuration = parts.configuration;
    this.keys = parts.keys;
    this.strangerKeys = derivedRotKeys(parts.seed, 'stranger');
    this.programmer = parts.programmer;
    this.console = parts.console;
    const { powerSwitch, powerCycle, states } = parts.bench;
    const commands = { workDirectory: parts.workDirectory, signal: parts.abort.signal, onWaited: (durationMs: Milliseconds) => parts.onEvent({ event: 'waited', durationMs }) };
    this.states = states === undefined ? undefined : new BoardStates({ commands: states, ...commands });
    this.power = powerSwitch === undefined && powerCycle === undefined ? undefined : new PowerSwitch({ ...(powerSwitch === undefined ? {} : { powerSwitch }), ...(powerCycle === undefined ? {} : { powerCycle }), ...commands });
    this.signing = { configuration: parts.configuration, keys: parts.keys, seed: parts.seed };
    this.files = new BoardFiles(parts);
    this.closing = new ClosedBoard({ ...parts, files: this.files, note: (name, detail) => this.note(name, detail) });
    this.isClosed = this.productState === 'CLOSED';
    this.link = new RequestLink(parts.console, parts.abort.signal);
    parts.faults.provoked = (seq) => this.provoking > 0 || (seq !== 0 && this.link.provokes(seq));
    this.app = new ApplicationClient((command, args, options) => this.request(command, args, options));
  }

  /** The applications that the run was given. @throws HarnessError `no-application-given` (usage) */
  get applications(): SessionApplications {
    if (this.parts.applications !== undefined) return this.parts.applications;
    throw new HarnessError({ code: 'no-application-given', kind: 'usage', message: 'this session was opened without applications', nextStep: 'give one (rot-hil run --app)' });
  }

  /** In which `provision` leaves the board: STiRoT starts nothing below CLOSED. There the debug port is shut, and images come in by provisioning anew. */
  get productState(): 'OPEN' | 'CLOSED' {
    return this.configuration.bootPath === 'oemirot' ? 'OPEN' : 'CLOSED';
  }

  /** Whether the root of trust enciphers what it installs: where the chip has a memory cipher engine, and its build uses it. */
  get memoryCipher(): boolean {
    return this.kit.device.memoryCipherEngine && this.bench.memoryCipher !== false;
  }

  /** The bench fault that ended the use of the board. */
  get fault(): HarnessError | undefined {
    return this.quarantine.fault;
  }

  get identity(): SessionIdentity {
    return { board: this.bench.name, kit: this.kit.id, probeSn: this.bench.probe.sn, probeFirmware: this.parts.probe.firmware, probeBoard: this.parts.probe.board, toolVersion: this.parts.toolVersion };
  }

  /**
   * Signs and encrypts an application as the board wants it, or with the deviations of `request`.
   * @param source ELF file, .bin file or bytes that start at the run address
   */
  signApplication(source: string | Uint8Array | NamedApplication, request: SignRequest): SignedApplication {
    const from = typeof source === 'object' && 'path' in source ? source.path : source;
    const application = readApplication(from, this.configuration);
    if (typeof from === 'string') this.paths.set(application, from);
    return signFor(this.signing, application, request);
  }

  /**
   * A copy of an image with some bytes changed, judged anew. `change` gets the slot's content and may return other bytes.
   * @throws HarnessError `image-unchanged` (usage): a byte written behind the end of the array is written nowhere, and an image that is as good as before proves nothing
   */
  altered(image: SignedApplication, change: (bytes: Uint8Array) => unknown): SignedApplication {
    const copy = image.bytes.slice();
    const changed = change(copy);
    const bytes = types.isUint8Array(changed) ? changed : copy;
    if (Buffer.compare(bytes, image.bytes) === 0) {
      throw new HarnessError({ code: 'image-unchanged', kind: 'usage', message: 'the change left the image as it was', nextStep: `change a byte between 0 and ${image.bytes.length - 1}` });
    }
    return { ...image, bytes, verdict: this.verify(bytes) };
  }

  /** What the board's root of trust would do with a slot of this content, by the software verifier. */
  verify(image: SignedApplication | Uint8Array, options: VerifyOptions = {}): CheckResult {
    return verifyFor(this.signing, 'bytes' in image ? image.bytes : image, options);
  }

  /**
   * Puts the root of trust and its keys on the board (product state OPEN), and an application into its download slot; without one both slots are erased.
   * Counter and hash reference start anew. The application runs after the next `boot`.
   *
   * @param options.keys product state OPEN: what the root of trust is to check images with, instead of the board's own keys
   *
   * On a boot path of product state CLOSED a closed board is brought back to OPEN first, and provisioned to CLOSED with the brick guard and the journal; an image is needed.
   * @throws HarnessError `image-needed` (usage), `brick-guard` (guard)
   */
  provision(options: { image?: SignedApplication; keys?: RotKeys } = {}): Promise<void> {
    return this.quarantine.guard(async () => {
      if (this.productState === 'CLOSED') {
        await this.closeWith(options.image);
        return;
      }
      if (this.isClosed) await this.toOpen();
      const plan = this.files.openPlan(options.image?.bytes, options.keys);
      await executePlan(this.programmer, plan, {
        pauses: this.bench.provisioningPauses ?? false,
        onStep: (step, index, count) => this.note(`provision ${index + 1}/${count}`, `${step.name}: ${step.why}`),
      });
      if (options.image !== undefined) {
        this.installed(options.image);
        return;
      }
      await this.writeSlot('secondary', new Uint8Array(0));
      await this.writeSlot('primary', new Uint8Array(0));
    });
  }

  /** Which credential the owner of the board gave for debug authentication; undefined where it follows from the seed, of either kind. */
  get credentialMethod(): 'certificate' | 'password' | undefined {
    return this.parts.closing?.credential?.method;
  }

  /** Why this board must not be closed; undefined where it may. */
  get whyNotClosed(): string | undefined {
    return this.parts.closing === undefined ? `nobody permits to close ${this.bench.name}: its entry of the lab file needs permissions: { productStates: [CLOSED] } and keys.debugAuthentication` : undefined;
  }

  /**
   * Provisions the board to product state CLOSED on whatever boot path, with the brick guard and the journal; a closed board is brought back to OPEN first.
   * Whoever calls it on a boot path of product state OPEN brings the board back: `regress`.
   * @param options.method which credential opens it again; default: a certificate chain
   * @throws HarnessError `closing-not-permitted`, `brick-guard` (guard)
   */
  provisionClosed(options: { image: SignedApplication; method?: 'certificate' | 'password' }): Promise<void> {
    return this.quarantine.guard(() => {
      const why = this.whyNotClosed;
      if (why !== undefined) throw new HarnessError({ code: 'closing-not-permitted', kind: 'guard', message: why, nextStep: 'ask the owner of the board' });
      return this.closeWith(options.image, options.method);
    });
  }

  private async closeWith(image: SignedApplication | undefined, method?: 'certificate' | 'password'): Promise<void> {
    try {
      await this.closing.provision(image?.bytes, method);
    } catch (error) {
      // Stopped on the way, as by the guard before CLOSED: whoever provisions it next opens it first.
      this.isClosed ||= this.closing.leftOpen;
      throw error;
    }
    this.isClosed = true;
    if (image !== undefined) this.installed(image);
  }

  private async toOpen(): Promise<string> {
    const before = await this.closing.regress();
    // Of a boot path whose board is to be closed, it is asked again before anything else.
    this.isClosed = this.productState === 'CLOSED';
    return before;
  }

  /** Asks a closed board for a full regression with a stranger's credentials, or with its own certificate chain and a stranger's key. @returns the device's refusal @throws HarnessError `stranger-accepted` (subject) */
  regressAsStranger(way: StrangersWay = {}): Promise<HarnessError> {
    return this.quarantine.guard(() => this.closing.regressAsStranger(way));
  }

  /** Brings a closed board back to OPEN: everything on the chip is erased, nothing starts until `provision`. @returns what it was @throws HarnessError `credential-refused`, `no-regression` (guard) */
  regress(): Promise<string> {
    return this.quarantine.guard(async () => {
      if (this.isClosed) return this.toOpen();
      throw new HarnessError({ code: 'board-open', kind: 'usage', message: 'nobody has closed this board', nextStep: 'close it with board.provisionClosed, or run with --boot-path stirot or stirot-oemurot' });
    });
  }

  /** What the board says of itself, as `rot-hil status` prints it. Resets a closed board. @throws HarnessError (bench) */
  status(): Promise<BoardStatusReport> {
    return this.quarantine.guard(async () => {
      const from = this.console.mark();
      const report = await readBoardStatus(this.programmer, { kit: this.kit, configuration: this.configuration, journal: judgeJournal(readJournalText(journalPath(this.bench.probe.sn))) });
      if (report.productState === 'CLOSED') await this.closing.started(from);
      return report;
    });
  }

  /** Asks the device what it says of itself to anybody, and waits for the start of a closed board, which that resets. @throws HarnessError (bench) */
  discover(): Promise<DiscoveryReport> {
    return this.quarantine.guard(async () => {
      const from = this.console.mark();
      const report = await this.programmer.discover();
      if (report.lifeCycle === 'CLOSED') await this.closing.started(from);
      return report;
    });
  }

  /** Writes a slot: the image, and 0xff behind it up to the slot's end. The board is not reset. */
  install(image: SignedApplication | Uint8Array, options: { slot?: SlotName } = {}): Promise<void> {
    return this.onOpenBoard(async () => {
      await this.writeSlot(options.slot ?? 'secondary', 'bytes' in image ? image.bytes : image);
      if ('bytes' in image) this.installed(image);
    });
  }

  /** Leaves a slot erased. */
  eraseSlot(slot: SlotName): Promise<void> {
    return this.onOpenBoard(() => this.writeSlot(slot, new Uint8Array(0)));
  }

  /**
   * Reads a slot of the external flash, `offset` bytes from its start, raw. The tool resets the core and runs its loader on it:
   * the application does not go on afterwards, `boot` starts it again. unverified: that the root of trust does not start by itself when the tool lets go.
   */
  readSlot(slot: SlotName, offset: ByteCount, size: ByteCount): Promise<Uint8Array> {
    return this.onOpenBoard(() => {
      const area = this.configuration.layout[slot];
      if (offset < 0 || offset + size > area.size) {
        throw new HarnessError({ code: 'outside-slot', kind: 'usage', message: `${size} bytes from ${offset} on are not inside the ${slot} slot of ${area.size} bytes`, nextStep: 'read inside the slot' });
      }
      return this.programmer.read(area.base + offset, size, { externalLoader: this.bench.externalLoader });
    });
  }

  /** Reads memory through the probe while the board runs. */
  readMemory(address: Address, size: ByteCount): Promise<Uint8Array> {
    return this.onOpenBoard(() => this.programmer.read(address, size));
  }

  /** Resets the board: by the reset pin; a closed one, which the tool does not reset by it, by a discovery of debug authentication. @returns the point on the console before it */
  reset(): Promise<ConsoleMark> {
    return this.quarantine.guard(() => this.pulseReset());
  }

  /**
   * Resets the board and waits for the end of its start.
   * @throws HarnessError `no-application`, `unexpected-application`, `rot-halted` (subject): it ended another way;
   *   `board-silent`, `application-silent`, `no-banner`, `reset-loop`, `console-lost` … (bench)
   */
  boot(options: BootOptions = {}): Promise<BootReport> {
    return this.quarantine.guard(async () => {
      const { banner } = options;
      const wasLooping = this.isLooping();
      const reset = options.reset ?? true;
      const from = reset ? await this.pulseReset() : (options.from ?? this.console.mark());
      this.lastStart = from;
      const report = await awaitBoot(this.console, {
        from,
        resetDoneAt: this.console.now(),
        wasLooping: reset && wasLooping,
        expect: options.expect ?? 'application',
        withinMs: options.withinMs ?? BOOT_MS,
        installMs: installationMs(this.kit, this.configuration),
        signal: this.parts.abort.signal,
        ...(banner === undefined ? {} : { isBanner: (text: string) => new RegExp(banner.source, banner.flags.replace('g', '')).test(text) }),
      });
      this.parts.onEvent({ event: 'booted', durationMs: report.durationMs, version: report.banner?.['version'] ?? null, starts: report.starts, jumped: report.jumped });
      return report;
    });
  }

  /** Sends one request to the application. @returns its answer, a refusal or a fault included */
  request(command: string, args: readonly (string | number)[] = [], options: RequestOptions = {}): Promise<Answer> {
    return this.quarantine.guard(() => this.link.request(command, args, options));
  }

  /** Runs something that provokes faults: those that the application reports meanwhile are told as expected. The request `fault` needs no such care. */
  async expectingFaults<T>(body: () => Promise<T>): Promise<T> {
    this.provoking++;
    try {
      return await body();
    } finally {
      this.provoking--;
    }
  }

  /** The point on the console after everything printed so far. */
  mark(): ConsoleMark {
    return this.console.mark();
  }

  linesSince(mark: ConsoleMark): readonly ConsoleLine[] {
    return this.console.since(mark);
  }

  /**
   * Listens for so long, by the board's time: what it prints when it should print nothing. @param from lines from this mark on are told; default: from now on
   * @throws HarnessError `console-lost`, `console-closed`, `interrupted` (bench)
   */
  async listen(forMs: Milliseconds, from: ConsoleMark = this.mark()): Promise<readonly ConsoleLine[]> {
    await this.console.listen(forMs, this.parts.abort.signal);
    return this.linesSince(from);
  }

  /** Ends running tools, frees the port. Never fails; may be called twice. */
  async close(): Promise<void> {
    this.parts.abort.abort();
    await this.console.close();
  }

  private async pulseReset(): Promise<ConsoleMark> {
    const from = this.console.cut();
    if (!this.isClosed) await this.programmer.hardReset();
    else await this.programmer.discover();
    return from;
  }

  /** What goes through the debug port. */
  private onOpenBoard<T>(body: () => Promise<T>): Promise<T> {
    return this.quarantine.guard(async () => {
      if (!this.isClosed) return body();
      throw new HarnessError({ code: 'debug-port-shut', kind: 'usage', message: 'in product state CLOSED nothing is read or written through the debug port', nextStep: 'ask the application (board.app), or provision the board anew with the image' });
    });
  }

  /** Whether the board starts again and again by itself, so that one of those starts may still be printed when the reset comes. */
  private isLooping(): boolean {
    const lines = this.console.since(this.lastStart ?? 0);
    const starts = lines.filter(({ text }) => rotStart.test(text)).length;
    return starts > (this.lastStart === undefined ? 0 : 1) || lines.some(({ text }) => noImage.test(text));
  }

  private async writeSlot(slot: SlotName, bytes: Uint8Array): Promise<void> {
    this.note('write slot', `${slot}: ${bytes.length} bytes`);
    const { base } = this.configuration.layout[slot];
    await this.programmer.download(this.files.slot(slot, bytes), { address: base, externalLoader: this.bench.externalLoader, verify: true });
  }

  private installed(image: SignedApplication): void {
    const path = this.paths.get(image.application);
    if (path !== undefined) this.parts.faults.installed(path, image.version);
  }

  private note(name: string, detail: string): void {
    this.parts.onEvent({ event: 'step', name, detail });
  }
}
