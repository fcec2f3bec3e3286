import type { Kit, RotConfiguration } from '../../board/index.js';
import { BranchRecorder, branchReach } from '../../emulator/branch-history.js';
import type { TakenBranch } from '../../emulator/branch-history.js';
import { captureFault } from '../../emulator/fault-capture.js';
import type { CapturedFault } from '../../emulator/fault-capture.js';
import { Debugger } from '../../emulator/gdb/index.js';
import { createStm32h7rs } from '../../emulator/index.js';
import type { Machine, ResetCause, StopReason } from '../../emulator/index.js';
import { NorFlash } from '../../flash/index.js';
import type { NorDevice } from '../../flash/index.js';
import { parseObk } from '../../keys/index.js';
import { applyHandOver, bootRootOfTrust, confirmationFlagAddress, confirmationPattern, ObkStore } from '../../rot/index.js';
import type { BootOutcome, OptionByteValues, RotRelease } from '../../rot/index.js';
import type { Address } from '../../units/index.js';
import { hex32 } from '../../units/index.js';
import type { MemoryCipher } from '../flash-cipher.js';
import { defaultCipher, throughCipher } from '../flash-cipher.js';
import { littleEndian, slotsEnd } from '../mapped-flash.js';
import { OptionBytes } from '../option-bytes.js';

/** A line of the console. */
export interface TrialLine {
  readonly text: string;
  /** Who printed it: the root of trust, whose model takes no board time, or the application. */
  readonly from: 'rot' | 'application';
  /** Board time since the application's first instruction, seconds; 0 for lines of the root of trust. */
  readonly seconds: number;
}

/** How a run ended. */
export interface TrialEnd {
  readonly kind: 'time' | 'expected' | 'fault' | 'lockup' | 'unmodelled' | 'resets' | 'no-image' | 'rot-stopped';
  readonly why: string;
  readonly fault?: CapturedFault;
  /** The branches before the fault, the latest one at the end. */
  readonly branches?: readonly TakenBranch[];
  /** Board time since the application's first instruction of the last start. */
  readonly seconds: number;
  /** Board time from the first instruction to `main`; undefined where it was not reached, or nobody knows where it is. */
  readonly mainSeconds?: number;
  /** Resets by the application itself. */
  readonly resets: number;
  /** What the program did that a board would not show; they stand in `why` as well. */
  readonly remarks?: readonly string[];
}

export interface TrialOptions {
  readonly kit: Kit;
  readonly configuration: RotConfiguration;
  /** OBKey files, in order. */
  readonly obks: readonly Uint8Array[];
  /** Option bytes beside those of the boot path: a closed product state for STiRoT. */
  readonly optionBytes?: OptionByteValues;
  readonly seed: number;
  /** Default `current`. */
  readonly release?: RotRelease;
  readonly allowUnmodelled?: readonly string[];
  readonly onLine?: (line: TrialLine) => void;
}

export interface RunRequest {
  /** Board time, seconds. */
  readonly forSeconds: number;
  /** Ends the run with the first line that matches. */
  readonly expect?: RegExp;
  /** Address of `main`. */
  readonly main?: Address;
  /** Typed into the console as soon as the application runs. */
  readonly input?: Uint8Array;
  /** Takes the lines of the root of trust, instead of `onLine`, which then hears nothing. */
  readonly onRotLine?: (text: string) => void;
}

const batch = 20_000;
/** A fault handler that lasts so long does not come back. */
const handlerSeconds = 0.02;
/** Instructions before `main` that are followed one by one. */
const mostBeforeMain = 30_000_000;
/** Resets by the application before it is called a loop. */
const mostResets = 5;
const mostLine = 4096;
/** A longer run is not repeated for its last branches: instructions. */
const mostReplayed = 2_000_000_000;

/** Thrown in a run that was repeated for its branches, when they are known. */
class Recorded extends Error {}

/**
 * One board in this process: root of trust, flash, core. No tool and no serial port: what is installed is there, and the core can be looked at where it ends.
 * Everything is decided by the inputs: the same run again prints the same.
 */
export class Trial {
  readonly #machine: Machine;
  readonly #flash: NorFlash;
  readonly #optionBytes: OptionBytes;
  readonly #obkeys = new ObkStore();
  readonly #cipher: MemoryCipher;
  #partial = '';
  #startedAt = 0;
  #matched = false;
  #expect: RegExp | undefined;
  #onRotLine: RunRequest['onRotLine'];
  /** What was done with this board so far, for another one. */
  readonly #done: ((trial: Trial) => void)[] = [];
  /** Instructions since power-on when the core was last found to have entered a fault handler. */
  #faultSeen: number | undefined;
  #recorder: BranchRecorder | undefined;

  constructor(private readonly options: TrialOptions) {
    const { kit, configuration } = options;
    this.#flash = new NorFlash({ size: kit.externalFlash.size, sectorSize: kit.externalFlash.sectorSize });
    this.#cipher = defaultCipher(kit);
    this.#optionBytes = new OptionBytes(kit.device.optionBytes);
    this.#optionBytes.restore({ ...this.#optionBytes.values(), ...configuration.path.optionBytes, ...options.optionBytes });
    for (const file of options.obks) {
      const { hdpl, index, payload, doEncryption } = parseObk(file);
      this.#obkeys.write(hdpl, index, payload, { encrypted: doEncryption });
    }
    this.#machine = createStm32h7rs({
      kit,
      optionRegisters: () => this.#optionBytes.registers(),
      ...(configuration.exec === 'xip' ? { externalFlash: { plain: slotsEnd(kit, configuration), read: (offset: number, width: number) => littleEndian(this.#flash.read(offset, width)) } } : {}),
      seed: options.seed,
      ...(options.allowUnmodelled === undefined ? {} : { allowUnmodelled: options.allowUnmodelled }),
    });
    this.#machine.uart(kit.console.uart).onTransmit((byte) => this.#received(byte));
  }

  /** Leaves bytes in the external flash, what stood in their sectors erased before. @param size bytes of the slot */
  write(address: Address, size: number, bytes: Uint8Array): void {
    this.#done.push((trial) => trial.write(address, size, bytes));
    const { base, sectorSize } = this.options.kit.externalFlash;
    for (let at = address - base; at < address - base + size; at += sectorSize) this.#flash.erase(at);
    this.#flash.program(address - base, bytes);
  }

  /** Runs the root of trust and, where it starts one, the application. */
  run(cause: ResetCause, request: RunRequest): TrialEnd {
    const end = this.#run(cause, request);
    const branches = end.fault === undefined ? undefined : this.#branchesBefore(cause, request);
    this.#done.push((trial) => trial.run(cause, silent(request)));
    return { ...end, ...(branches === undefined ? {} : { branches }) };
  }

  /** The same from the beginning on another board, instruction by instruction before the fault. */
  #branchesBefore(cause: ResetCause, request: RunRequest): readonly TakenBranch[] | undefined {
    const { instructions } = this.#machine;
    if (this.#recorder !== undefined || instructions > mostReplayed) return undefined;
    const again = new Trial({ ...this.options, onLine: () => undefined });
    // A handler that was found within one batch was entered in it.
    const seen = this.#faultSeen;
    again.#recorder = new BranchRecorder(again.#machine, (seen === undefined ? instructions : seen - batch) - branchReach, seen !== undefined);
    try {
      for (const step of this.#done) step(again);
      again.#run(cause, silent(request));
    } catch (error) {
      if (!(error instanceof Recorded)) throw error;
    }
    return again.#recorder.branches;
  }

  #runCore(maxInstructions: number): StopReason {
    const stop = (this.#recorder ?? this.#machine).run(maxInstructions);
    if (this.#recorder?.done === true) throw new Recorded();
    return stop;
  }

  #run(cause: ResetCause, request: RunRequest): TrialEnd {
    this.#expect = request.expect;
    this.#onRotLine = request.onRotLine;
    this.#matched = false;
    let resets = 0;
    let mainSeconds: number | undefined;
    for (let next: ResetCause = cause; ; ) {
      const stopped = this.#boot(next);
      if (stopped !== undefined) return { ...stopped, seconds: 0, resets, ...(mainSeconds === undefined ? {} : { mainSeconds }) };
      const end = this.#application(request);
      mainSeconds = end.mainSeconds ?? mainSeconds;
      this.#endLine();
      if (end.reset === undefined) return { ...end, why: [end.why, ...this.#machine.remarks].join('; '), remarks: this.#machine.remarks, resets, ...(mainSeconds === undefined ? {} : { mainSeconds }) };
      resets += 1;
      if (this.#matched || resets > mostResets) return { kind: this.#matched ? 'expected' : 'resets', why: this.#matched ? 'the line that was waited for came' : `the application reset the chip ${String(resets)} times (${end.why})`, ...(end.fault === undefined ? {} : { fault: end.fault }), seconds: end.seconds, resets, ...(mainSeconds === undefined ? {} : { mainSeconds }) };
      next = end.reset;
    }
  }

  /** The 16 bytes of the confirmation flag as they stand in RAM. */
  confirmationFlag(): Uint8Array {
    return this.#machine.dump(confirmationFlagAddress, confirmationPattern.length);
  }

  #boot(cause: ResetCause): Pick<TrialEnd, 'kind' | 'why'> | undefined {
    this.#machine.reset(cause);
    for (let turn = 0; turn < 8; turn++) {
      const outcome = this.#rootOfTrust();
      if (outcome.kind === 'application') {
        this.#mapInPlace();
        this.#machine.asBoot(() => {
          applyHandOver(outcome.handOver, this.#machine);
        });
        this.#startedAt = this.#machine.seconds;
        return undefined;
      }
      if (outcome.kind === 'no-image') return { kind: 'no-image', why: outcome.why };
      if (outcome.kind === 'halt') return { kind: 'rot-stopped', why: outcome.why };
      if (outcome.cause !== 'security-counter') return { kind: 'rot-stopped', why: outcome.why };
      this.#machine.reset('system');
    }
    return { kind: 'rot-stopped', why: 'the root of trust resets again and again' };
  }

  #rootOfTrust(): BootOutcome {
    const { kit, configuration } = this.options;
    return bootRootOfTrust({
      kit,
      configuration,
      iLoaderProgrammed: () => true,
      flash: this.#throughCipher(),
      obk: this.#obkeys,
      optionBytes: this.#optionBytes.values(),
      confirmationFlag: {
        read: () => this.confirmationFlag(),
        clear: () => this.#machine.load(confirmationFlagAddress, new Uint8Array(confirmationPattern.length)),
      },
      log: (text) => {
        if (this.#onRotLine !== undefined) this.#onRotLine(text);
        else this.options.onLine?.({ text, from: 'rot', seconds: 0 });
      },
      ...(this.options.release === undefined ? {} : { release: this.options.release }),
      programOptionBytes: (values) => this.#optionBytes.program(Object.entries(values).map(([name, value]) => ({ name, value }))),
    });
  }

  /** In place the core sees the primary slot in clear, everything else as it is on the chip. */
  #mapInPlace(): void {
    const { configuration, kit } = this.options;
    if (configuration.exec !== 'xip') return;
    const { base } = kit.externalFlash;
    const { primary } = configuration.layout;
    this.#machine.load(base, this.#flash.read(0, slotsEnd(kit, configuration)));
    this.#machine.load(primary.base, this.#throughCipher().read(primary.base - base, primary.size));
  }

  /** The flash as the root of trust reads and writes it. */
  #throughCipher(): NorDevice {
    const { configuration, kit } = this.options;
    return throughCipher(this.#flash, this.#cipher, kit, configuration);
  }

  #application({ forSeconds, main, input }: RunRequest): Omit<TrialEnd, 'resets'> & { readonly reset?: ResetCause } {
    const machine = this.#machine;
    const until = this.#startedAt + forSeconds;
    let inHandler: number | undefined;
    this.#faultSeen = undefined;
    const before = main === undefined ? { stop: undefined, reached: false } : this.#toMain(main, until);
    const mainSeconds = before.reached ? this.#elapsed() : undefined;
    const found = mainSeconds === undefined ? {} : { mainSeconds };
    if (input !== undefined) machine.uart(this.options.kit.console.uart).receive(input);
    for (let stop: StopReason | undefined = before.stop; ; stop = undefined) {
      stop ??= this.#runCore(batch);
      if (this.#matched) return { kind: 'expected', why: 'the line that was waited for came', seconds: this.#elapsed(), ...found };
      if (stop.kind === 'idle') machine.advanceTo(Math.min(stop.until ?? Infinity, machine.scheduler.now + this.#cycles(until)));
      else if (stop.kind !== 'budget') return { ...this.#ended(stop), seconds: this.#elapsed(), ...found };
      const exception = machine.core.ipsr;
      if (exception < 3 || exception > 6) inHandler = this.#faultSeen = undefined;
      else if ((inHandler ??= this.#noteFault()) + handlerSeconds < machine.seconds || machine.seconds >= until) return { kind: 'fault', why: 'a fault handler that does not return', ...this.#captured(stop), seconds: this.#elapsed(), ...found };
      if (machine.seconds >= until) return { kind: 'time', why: `${String(forSeconds)} s of board time are over`, seconds: this.#elapsed(), ...found };
    }
  }

  /** @returns board time, seconds */
  #noteFault(): number {
    this.#faultSeen = this.#machine.instructions;
    return this.#machine.seconds;
  }

  #elapsed(): number {
    return this.#machine.seconds - this.#startedAt;
  }

  #cycles(until: number): number {
    return Math.max(1, Math.ceil((until - this.#machine.seconds) * this.#machine.frequencies.cpu));
  }

  /** Runs to the first instruction of `main`, or to an end before it. */
  #toMain(main: Address, until: number): { readonly stop: StopReason | undefined; readonly reached: boolean } {
    const machine = this.#machine;
    const watch = new Debugger({ core: machine.core, load: (address, bytes) => machine.load(address, bytes), run: (most) => this.#runCore(most), reset: () => undefined });
    let reached = false;
    watch.onStop = ({ kind }) => (reached = kind === 'breakpoint');
    watch.setBreakpoint(main);
    let stop: StopReason | undefined;
    for (let count = 0; count < mostBeforeMain && !reached; count += batch) {
      stop = watch.run(batch);
      // A fault before main ends nowhere: that is found behind.
      if (watch.halted || stop.kind !== 'budget' || machine.seconds >= until || (machine.core.ipsr >= 3 && machine.core.ipsr <= 6)) break;
    }
    watch.detach();
    return { stop: reached || stop?.kind === 'budget' ? undefined : stop, reached };
  }

  #ended(stop: Exclude<StopReason, { kind: 'budget' | 'idle' }>): { readonly kind: TrialEnd['kind']; readonly why: string; readonly fault?: CapturedFault; readonly reset?: ResetCause } {
    const fault = this.#captured(stop);
    switch (stop.kind) {
      case 'reset':
        return { kind: 'resets', why: fault.fault === undefined ? `reset by ${stop.cause}` : `reset by ${stop.cause} in a fault handler`, ...fault, reset: stop.cause };
      case 'lockup':
        return { kind: 'lockup', why: `lock-up at PC ${hex32(stop.pc)}: ${stop.why}`, ...fault };
      case 'unmodelled':
        return { kind: 'unmodelled', why: `${stop.what} at ${hex32(stop.address)} is not modelled`, ...fault };
      default:
        return { kind: 'unmodelled', why: `the core ended: ${stop.kind}`, ...fault };
    }
  }

  #captured(stop: StopReason): { readonly fault?: CapturedFault } {
    const fault = captureFault(this.#machine.core, stop);
    return fault === undefined ? {} : { fault };
  }

  #received(byte: number): void {
    if (byte === 10 || this.#partial.length >= mostLine) this.#endLine();
    else if (byte !== 13) this.#partial += byte >= 32 && byte < 127 ? String.fromCharCode(byte) : byte === 9 ? '\t' : `\\x${byte.toString(16).padStart(2, '0')}`;
  }

  #endLine(): void {
    const text = this.#partial;
    this.#partial = '';
    if (text === '' || this.#onRotLine !== undefined) return;
    this.options.onLine?.({ text, from: 'application', seconds: this.#elapsed() });
    if (this.#expect?.test(text) === true) this.#matched = true;
  }
}

/** Heard by nobody; what ends the run stays. */
function silent(request: RunRequest): RunRequest {
  return request.onRotLine === undefined ? request : { ...request, onRotLine: () => undefined };
}
