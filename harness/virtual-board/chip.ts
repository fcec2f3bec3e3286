import { chooseConfiguration } from '../board/index.js';
import type { Kit, RotConfiguration } from '../board/index.js';
import { OperationCounter, PowerCut, observers, powerCutAt } from '../flash/index.js';
import type { OperationObserver } from '../flash/index.js';
import { Debugger } from '../emulator/gdb/index.js';
import { captureFault } from '../emulator/fault-capture.js';
import { SavedReader, createStm32h7rs } from '../emulator/index.js';
import type { Machine, MachineOptions, MachineSnapshot, Saved, ResetCause, StopReason, UartLine } from '../emulator/index.js';
import { applyHandOver, bootRootOfTrust, confirmationFlagAddress, confirmationPattern } from '../rot/index.js';
import type { BootOutcome, RotRelease } from '../rot/index.js';
import { hex32 } from '../units/index.js';
import type { MemoryCipher } from './flash-cipher.js';
import { defaultCipher } from './flash-cipher.js';
import type { BoardClock } from './board-clock.js';
import { ConsoleOutput } from './console-output.js';
import { ExternalMemories } from './external-memories.js';
import { littleEndian, slotsEnd } from './mapped-flash.js';
import type { NonVolatile } from './kept-state.js';
import { bootConfiguration } from './boot-selection.js';
import { BootReplay } from './boot-replay.js';
import { BootTimeline } from './boot-timeline.js';
import type { BootStep } from './boot-timeline.js';
import { Refusal } from './protocol.js';
import type { BoardStatus, StoppedCore } from './protocol.js';
import { Runner } from './runner.js';
import type { RunnableCore } from './runner.js';

/** One turn of the no-image reset loop. A real board takes about as long to start. */
const resetLoopMs = 1000;
/** So many resets by the program itself come at once, then one in this time. */
const freeOwnResets = 3;
const ownResetMs = 250;
/** Registers are read word by word: no block is longer. */
const maximumRegisterBytes = 1024;

export interface ChipOptions {
  readonly kit: Kit;
  /** How the user's root of trust was built. */
  readonly configuration: RotConfiguration;
  /** OEMIROT_DEV_MODE of that build; default true, as ST ships it. */
  readonly devMode?: boolean | undefined;
  readonly memories: NonVolatile;
  readonly seed?: number | undefined;
  readonly rotRelease?: RotRelease | undefined;
  /** Default: as ST's builds for the device. */
  readonly cipher?: MemoryCipher | undefined;
  /** Blocks whose unmodelled registers are storage instead of the end of the run. */
  readonly allowUnmodelled?: readonly string[] | undefined;
  /** False: every instruction is interpreted. */
  readonly translate?: boolean | undefined;
  readonly console: { write(bytes: Uint8Array): void; readonly attended: boolean };
  readonly clock?: BoardClock | undefined;
  readonly log: (line: string) => void;
  /** The root of trust has ended: what it changed is to be kept. */
  readonly onBooted: () => void;
  /** Whether a reset ends in the boot loader in ROM: no user code runs in this product state. */
  readonly staysInRom: () => boolean;
  /** The root of trust programmed option bytes. */
  readonly onOptionBytes: () => void;
}

type State = BoardStatus['state'];
const states: readonly State[] = ['empty', 'boot-loader', 'running', 'halted', 'waiting', 'stopped'];
type ChipStatus = Omit<BoardStatus, 'console' | 'productState'>;

/** The microcontroller: root of trust and core, from one reset to the next. */
export class Chip {
  readonly #machine: Machine;
  readonly #uart: UartLine;
  readonly #runner: Runner;
  readonly #external: ExternalMemories;
  #debugger: Debugger | undefined;
  #state: State = 'empty';
  #reason: string | null = null;
  #boots = 0;
  /** Resets by the program itself since something came in from outside. */
  #ownResets = 0;
  readonly #output: ConsoleOutput;
  #resetLoop: NodeJS.Timeout | undefined;
  /** The machine has to be reset by its cause before the next boot runs on it. */
  #machineIsReset = false;
  /** For the next boot of the root of trust only. */
  #powerCut: OperationObserver | undefined;
  #bootOperations = 0;
  /** Of the boot under way or the last one. */
  #configuration: RotConfiguration;
  /** Of the last boot. */
  #timeline: BootTimeline | undefined;
  /** Makes a machine like this chip's. */
  readonly #another: () => Machine;
  /** How the application came here, and what ended it. */
  #replay: BootReplay | undefined;
  #stop: StopReason | undefined;
  #version: string | null = null;

  constructor(private readonly options: ChipOptions) {
    const { kit, memories } = options;
    this.#output = new ConsoleOutput(options.console, options.clock);
    this.#configuration = options.configuration;
    this.#external = new ExternalMemories(kit, options.cipher ?? defaultCipher(kit), memories.externalFlash, options.seed);
    const create = (onTolerated: MachineOptions['onTolerated']): Machine => createStm32h7rs({
      kit,
      optionRegisters: () => memories.optionBytes.registers(),
      ...(options.configuration.exec === 'xip' ? { externalFlash: { plain: slotsEnd(options.kit, options.configuration), read: (offset, width) => littleEndian(memories.externalFlash.read(offset, width)) } } : {}),
      ...(options.seed === undefined ? {} : { seed: options.seed }),
      ...(options.translate === undefined ? {} : { translate: options.translate }),
      ...(options.allowUnmodelled === undefined ? {} : { allowUnmodelled: options.allowUnmodelled }),
      ...(onTolerated === undefined ? {} : { onTolerated }),
    });
    this.#another = () => create(undefined);
    const machine = create(({ first, pc }) => {
      options.log(`${first?.what ?? ''} is not modelled and was allowed as storage (PC ${hex32(pc)})`);
    });
    this.#machine = machine;
    const uart = machine.uart(kit.console.uart);
    this.#uart = uart;
    uart.onTransmit((byte, cycle) => {
      this.#timeline?.spoke(cycle);
      this.#output.sent(byte, machine.seconds * 1000);
    });
    const runnable: RunnableCore = {
      run: (maxInstructions) => (this.#debugger ?? machine).run(maxInstructions),
      advanceTo: (cycle) => {
        options.clock?.worked(machine.seconds * 1000);
        machine.advanceTo(cycle);
        options.clock?.slept(machine.seconds * 1000);
      },
      scheduler: machine.scheduler,
    };
    this.#runner = new Runner(runnable, () => machine.frequencies.cpu, {
      // A program that prints without end to nobody is paced like one that sleeps.
      isSending: () => uart.busy && options.console.attended,
      onSlice: () => {
        options.clock?.worked(machine.seconds * 1000);
        options.clock?.tell();
        this.#output.flush();
      },
      onSleep: (until) => {
        options.clock?.sleeps(until === undefined ? undefined : (machine.seconds + (until - machine.scheduler.now) / machine.frequencies.cpu) * 1000);
      },
      onWake: () => {
        options.clock?.wakes();
      },
      onEnd: (reason) => {
        this.#stop = reason;
        if (reason.kind === 'reset') this.#resetByItself(reason.cause);
        else if (reason.kind === 'unmodelled') this.#end(`${reason.what} at ${hex32(reason.address)} is not modelled (PC ${hex32(reason.pc)})`);
        else if (reason.kind === 'lockup') this.#end(`lock-up at PC ${hex32(reason.pc)}: ${reason.why}`);
        else this.#end(`the core ended with ${String(reason.code)}`);
      },
      onDefect: (error) => {
        this.#defect(error);
      },
    });
  }

  status(): ChipStatus {
    return { state: this.#state, reason: this.#reason, boots: this.#boots, bootOperations: this.#bootOperations, cycles: this.#machine.scheduler.now, unmodelled: this.#touchedUnmodelled(), remarks: this.#machine.remarks };
  }

  /** The last boot, step by step; empty before the first one. */
  get timeline(): readonly BootStep[] {
    return this.#timeline?.steps ?? [];
  }

  /** The core where it stopped for good; the branches before cost another run up to there. */
  fault(): StoppedCore | null {
    const captured = this.#state === 'stopped' && this.#stop !== undefined ? captureFault(this.#machine.core, this.#stop) : undefined;
    if (captured === undefined) return null;
    return { facts: captured.facts, branches: this.#replay?.branches(this.#another) ?? [], version: this.#version };
  }

  /** The chip between two slices of its run. What it has printed so far has gone out. */
  save(): { readonly chip: Saved; readonly machine: MachineSnapshot } {
    this.#output.flush();
    const { bootPath, mode, exec } = this.#configuration;
    return {
      chip: {
        state: this.#state, reason: this.#reason, boots: this.#boots, ownResets: this.#ownResets, machineIsReset: this.#machineIsReset, bootOperations: this.#bootOperations, resets: this.#external.keys,
        configuration: { bootPath, mode, exec },
      },
      machine: this.#machine.save(),
    };
  }

  /** Becomes the chip of a snapshot and goes on. @throws HarnessError `snapshot` */
  restore(saved: Saved, machine: MachineSnapshot): void {
    this.halt();
    const state = new SavedReader(saved, 'chip');
    const next = state.oneOf('state', states);
    const built = state.child('configuration');
    const configuration = chooseConfiguration(this.options.kit, {
      bootPath: built.oneOf('bootPath', ['oemirot', 'stirot', 'stirot-oemurot'] as const), mode: built.oneOf('mode', ['overwrite', 'swap'] as const), exec: built.oneOf('exec', ['ext-ram', 'xip', 'int-ram'] as const),
    });
    this.#machine.restore(machine);
    this.options.clock?.restart(this.#machine.seconds * 1000);
    this.#replay = next === 'running' ? new BootReplay(this.#machine, this.options.kit.console.uart) : undefined;
    this.#stop = undefined;
    this.#version = null;
    this.#configuration = configuration;
    this.#reason = state.isNull('reason') ? null : state.text('reason');
    this.#boots = state.integer('boots');
    this.#ownResets = state.integer('ownResets');
    this.#machineIsReset = state.flag('machineIsReset');
    this.#bootOperations = state.integer('bootOperations');
    this.#external.keys = state.integer('resets');
    this.#powerCut = undefined;
    this.#state = next;
    if (next === 'running') this.#runner.start();
    if (next === 'waiting') this.#resetLater(this.#reason ?? '');
  }

  /** From now on the core runs as its debugger says. */
  debugged(): Debugger {
    const machine = this.#machine;
    this.#replay?.spoil();
    this.#debugger ??= new Debugger({
      core: machine.core,
      load: (address, bytes) => machine.load(address, bytes),
      run: (maxInstructions) => machine.run(maxInstructions),
      reset: () => this.boot('system'),
    });
    this.#debugger.onResume = () => this.#runner.wake();
    return this.#debugger;
  }

  /** Blocks that firmware used although the model lacks them, as they were allowed to be storage. */
  #touchedUnmodelled(): readonly string[] {
    return this.#machine.tolerated.filter(({ first }) => first !== undefined).map(({ name }) => name);
  }

  /** Resets the chip and leaves it at its reset vector, held by the probe. */
  resetCore(cause: ResetCause): void {
    this.halt();
    this.#resetMachine(cause);
    this.#machineIsReset = true;
  }

  /** The power fails at operation `at` (from 1) of the next boot, with `half` of it done, and comes back at once. */
  cutPower(at: number, half: boolean): void {
    this.#powerCut = powerCutAt(at, { half });
  }

  /** Resets the chip unless the probe has just done so, runs the root of trust, and starts the application. */
  boot(cause: ResetCause): void {
    this.#ownResets = 0;
    this.#boot(cause);
  }

  #boot(cause: ResetCause): void {
    this.halt();
    if (!this.#machineIsReset) this.#resetMachine(cause);
    this.#machineIsReset = false;
    this.#reason = null;
    this.#replay = this.#stop = undefined;
    const { memories, kit, configuration } = this.options;
    if (this.options.staysInRom()) {
      this.#state = 'boot-loader';
      return;
    }
    this.#configuration = bootConfiguration(kit, configuration, memories.optionBytes.get('IROT_SELECT'), memories.obkeys);
    if (memories.internalFlash.isEmpty) {
      this.#state = 'empty';
      return;
    }
    const shared = ['ITCM_AXI_SHARE', 'DTCM_AXI_SHARE'].find((name) => (memories.optionBytes.get(name) ?? 0) !== 0);
    if (shared !== undefined) {
      // AXI SRAM that serves as TCM makes another memory map: to go on with the usual one would be a guess.
      this.#end(`${shared} other than 0 is not modelled`);
      return;
    }
    this.#boots += 1;
    this.#timeline = new BootTimeline(cause);
    try {
      const outcome = this.#observed(() => this.#runRootOfTrust());
      this.options.onBooted();
      this.#goOn(outcome);
    } catch (error) {
      if (error instanceof PowerCut) this.#powerLost();
      else this.#defect(error);
    }
  }

  /** Counts the operations of one boot, and cuts the power where that was asked for. */
  #observed(boot: () => BootOutcome): BootOutcome {
    const { externalFlash, obkeys } = this.options.memories;
    const before = [externalFlash.observer, obkeys.observer];
    const counter = new OperationCounter();
    const cut = this.#powerCut;
    this.#powerCut = undefined;
    const watching = (own: OperationObserver | undefined): OperationObserver => observers(...(cut === undefined ? [] : [cut]), counter, { after: (operation) => this.#timeline?.operation(operation) }, ...(own === undefined ? [] : [own]));
    externalFlash.observer = watching(before[0]);
    obkeys.observer = watching(before[1]);
    try {
      return boot();
    } catch (error) {
      if (error instanceof PowerCut) counter.count += 1;
      throw error;
    } finally {
      [externalFlash.observer, obkeys.observer] = before;
      this.#bootOperations = counter.count;
    }
  }

  #powerLost(): void {
    this.options.log(`boot ${String(this.#boots)}: power lost at operation ${String(this.#bootOperations)}`);
    this.options.onBooted();
    this.#boot('power-on');
  }

  #goOn(outcome: BootOutcome): void {
    switch (outcome.kind) {
      case 'application':
        this.options.log(`boot ${String(this.#boots)}: application ${outcome.version}`);
        this.#external.map(this.#machine, this.#configuration, this.options.configuration);
        this.#machine.asBoot(() => {
          applyHandOver(outcome.handOver, this.#machine);
        });
        this.#version = outcome.version;
        this.#replay = new BootReplay(this.#machine, this.options.kit.console.uart);
        if (this.#debugger !== undefined) this.#replay.spoil();
        this.#timeline?.handOver(outcome.version, hex32(outcome.handOver.vectorTable), this.#machine.scheduler.now, this.#machine.frequencies.cpu);
        this.#state = 'running';
        this.#runner.start();
        return;
      case 'halt':
        this.#end(`the root of trust stopped: ${outcome.why}`);
        return;
      case 'reset':
        if (outcome.cause === 'security-counter') {
          this.options.log(`boot ${String(this.#boots)}: ${outcome.why}`);
          this.#boot('system');
          return;
        }
        this.#resetLater(outcome.why);
        return;
      case 'no-image':
        this.#resetLater(outcome.why);
    }
  }

  /** A chip that resets itself again and again. */
  #resetLater(why: string): void {
    this.options.log(`boot ${String(this.#boots)}: ${why}`);
    this.#state = 'waiting';
    this.#reason = why;
    this.#resetLoop = setTimeout(() => {
      this.#boot('system');
    }, resetLoopMs);
  }

  #resetMachine(cause: ResetCause): void {
    this.#machine.reset(cause);
    this.#external.loseRunSlot(this.#machine, this.#configuration);
  }

  #runRootOfTrust(): BootOutcome {
    const { memories, kit, rotRelease, devMode } = this.options;
    return bootRootOfTrust({
      kit,
      configuration: this.#configuration,
      ...(devMode === undefined ? {} : { devMode }),
      iLoaderProgrammed: (offset) => memories.internalFlash.holdsCode(offset),
      ...(rotRelease === undefined ? {} : { release: rotRelease }),
      flash: this.#external.flash(this.#configuration),
      memoryCipher: this.#external.cipher !== 'off',
      obk: memories.obkeys,
      optionBytes: memories.optionBytes.values(),
      confirmationFlag: {
        read: () => this.#machine.dump(confirmationFlagAddress, confirmationPattern.length),
        clear: () => {
          this.#machine.load(confirmationFlagAddress, new Uint8Array(confirmationPattern.length));
        },
      },
      log: (line) => {
        this.#timeline?.line(line);
        this.#output.line(line);
      },
      programOptionBytes: (values) => {
        memories.optionBytes.program(Object.entries(values).map(([name, value]) => ({ name, value })));
        this.options.onOptionBytes();
      },
    });
  }

  /** A program that resets itself again and again is slowed down: nobody reads that fast, and other boards want the processor too. */
  #resetByItself(cause: ResetCause): void {
    this.#ownResets += 1;
    if (this.#ownResets <= freeOwnResets) {
      this.#boot(cause);
      return;
    }
    this.#state = 'waiting';
    this.#resetLoop = setTimeout(() => {
      this.#boot(cause);
    }, ownResetMs);
  }

  /** Stops the core where it is. */
  halt(): void {
    this.#runner.stop();
    clearTimeout(this.#resetLoop);
    this.#resetLoop = undefined;
    this.#output.flush();
    this.#state = 'halted';
  }

  /** Leaves the chip in the boot loader in ROM until the next reset. */
  enterBootLoader(): void {
    this.halt();
    this.#state = 'boot-loader';
  }

  /** Runs a program that the probe has loaded. */
  runFrom(vectorTable: number): void {
    this.halt();
    this.#replay = this.#stop = undefined;
    this.#machineIsReset = false;
    this.#access(() => {
      this.#machine.jump(vectorTable);
    });
    this.#reason = null;
    this.#state = 'running';
    this.#runner.start();
  }

  receive(bytes: Uint8Array): void {
    this.#ownResets = 0;
    this.#replay?.received(bytes);
    this.#uart.receive(bytes);
    this.#runner.wake();
    this.options.clock?.takes(bytes);
  }

  /** Memory, or registers where the range is whole words. @throws Refusal `bad-address` where there is neither */
  readMemory(address: number, size: number): Uint8Array {
    return this.#access(() => {
      try {
        return this.#machine.dump(address, size);
      } catch (error) {
        if (address % 4 !== 0 || size % 4 !== 0 || size > maximumRegisterBytes) throw error;
        return new Uint8Array(Uint32Array.from({ length: size / 4 }, (_, i) => this.#machine.readWord(address + 4 * i)).buffer);
      }
    });
  }

  /** @throws Refusal `bad-address` */
  writeMemory(address: number, bytes: Uint8Array): void {
    this.#replay?.spoil();
    this.#access(() => {
      this.#machine.load(address, bytes);
    });
  }

  /** A store on the bus: registers see it. @throws Refusal `bad-address` */
  storeWord(address: number, value: number, width: 1 | 2 | 4): void {
    if (width !== 4) {
      this.writeMemory(address, Uint8Array.from({ length: width }, (_, i) => (value >>> (8 * i)) & 0xff));
      return;
    }
    this.#replay?.spoil();
    this.#access(() => {
      this.#machine.writeWord(address, value);
    });
    this.#runner.wake();
  }

  #access<T>(what: () => T): T {
    try {
      return what();
    } catch (error) {
      throw new Refusal('bad-address', error instanceof Error ? error.message : String(error));
    }
  }

  #end(reason: string): void {
    this.#timeline?.ended(reason);
    this.#output.flush();
    this.#state = 'stopped';
    this.#reason = reason;
    this.options.log(`stopped: ${reason}`);
  }

  /** The model itself failed: the board stops, as it does for what it lacks. */
  #defect(error: unknown): void {
    if (error instanceof Error && error.stack !== undefined) this.options.log(error.stack);
    this.#end(`a defect of the model: ${error instanceof Error ? error.message : String(error)}`);
  }
}
