import type { Kit } from '../board/index.js';
import { HarnessError } from '../errors/index.js';
import type { Address, ByteCount } from '../units/index.js';
import { hex32 } from '../units/index.js';
import { Bus } from './bus.js';
import { Core } from './cpu/core.js';
import type { TranslateOptions } from './cpu/translate/options.js';
import { restoreCore, restoreSystem, savedCore } from './cpu/core-state.js';
import { irqCount } from './cpu/exceptions.js';
import type { SavedPages } from './memory-pages.js';
import { restorePages, savePages } from './memory-pages.js';
import type { BlockPorts, MemoryBank, ResetCause, Scheduler, StopReason } from './ports.js';
import { BusError, UnmodelledAccess } from './ports.js';
import type { Saved } from './saved-state.js';
import { SavedReader } from './saved-state.js';
import { Chip } from './stm32h7rs/chip.js';
import { interruptNumbers } from './stm32h7rs/interrupts.js';
import type { Frequencies } from './stm32h7rs/clock-tree.js';
import type { MappedFlash } from './stm32h7rs/external-flash-window.js';
import type { OptionRegisters } from './stm32h7rs/flash.js';
import { factoryOptionRegisters } from './stm32h7rs/flash.js';
import type { GpioPort, GpioPortName } from './stm32h7rs/gpio.js';
import type { HideProtectionLevel } from './stm32h7rs/sbs.js';
import type { ToleratedBlock } from './stm32h7rs/unmodelled-block.js';

/** System control register of the core (Armv7-M ARM DDI 0403E B3.2.7). */
const scr = 0xe000ed10;
const sleepDeep = 1 << 2;
/** CCR.DC. */
const dataCache = 1 << 16;

export interface MachineOptions {
  readonly kit: Kit;
  /** Noise of the RAMs at power-on, random numbers, unique id; the same seed and input give the same run. Default 1. */
  readonly seed?: number;
  /** Option status registers (…SR) by address; default: those of a factory-fresh device. Asked on every access. */
  readonly optionRegisters?: () => OptionRegisters;
  /** The external flash memory mapped: its first bytes come by `load`, the others from the chip; stores are lost. Default: its window answers with a bus error. */
  readonly externalFlash?: MappedFlash;
  /** `wait` (default): a byte from outside waits until the receiver has room. `send`: it comes at line speed and may be overrun. */
  readonly flowControl?: 'wait' | 'send';
  /** Bus faults on stores: as on the chip (default), or precise for comparison with other models. */
  readonly busFaults?: 'imprecise' | 'precise';
  /** Translation of hot code; false: everything is interpreted. Nothing but speed depends on it. */
  readonly translate?: boolean | TranslateOptions;
  /** Blocks, by ST's name without case, whose unmodelled registers are storage instead of the end of the run. */
  readonly allowUnmodelled?: readonly string[];
  /** Memory beside the chip's and the kit's own, in whole 4 KB pages: what a boot stage would have mapped. */
  readonly extraRam?: readonly { readonly base: Address; readonly size: ByteCount }[];
  /** Called at the first access of each of them that would have ended the run. */
  readonly onTolerated?: (touched: ToleratedBlock & { readonly pc: Address }) => void;
}

/** A machine at one moment: JSON, and the contents of its memories. */
export interface MachineSnapshot {
  readonly state: Saved;
  readonly memories: readonly SavedPages[];
}

/** The far end of a UART of the chip. */
export interface UartLine {
  /** Called with every character at the end of its stop bit, and the cycle of that. */
  onTransmit(callback: (byte: number, cycle: number) => void): void;
  /** Bytes for the chip, in order; each arrives in its own character time. */
  receive(bytes: Uint8Array): void;
  /** Bytes wait or are on the line in either direction. */
  readonly busy: boolean;
}

/** An STM32H7RS with its board's memories. */
export interface Machine {
  readonly scheduler: Scheduler;
  /** The core itself, for a debugger and for fault reports. */
  readonly core: Core;
  /** Cycles since power-on in which the core was awake: one per instruction and the fixed cost of exception entries and returns. */
  readonly activeCycles: number;
  /** Instructions executed since power-on. */
  readonly instructions: number;
  /** Where the core is. */
  readonly pc: Address;
  /** Board time since power-on in seconds. */
  readonly seconds: number;
  /** Clocks as RCC gives them now, in Hz. */
  readonly frequencies: Frequencies;
  readonly hideProtectionLevel: HideProtectionLevel;
  /** What firmware did with the blocks of `allowUnmodelled`. */
  readonly tolerated: readonly ToleratedBlock[];
  /** What the program did that a board would not show. */
  readonly remarks: readonly string[];
  /** Resets the chip: core, blocks, and what `cause` does to the memories. Board time goes on. The core holds no program then: `jump`. */
  reset(cause: ResetCause): void;
  /** Everything that the machine is made of now, between two calls of `run`. */
  save(): MachineSnapshot;
  /** Back to a snapshot of a machine with the same kit and options. Throws HarnessError `snapshot`; the machine is then in no useful state. */
  restore(snapshot: MachineSnapshot): void;
  /** Writes to memory as a debugger does. Throws HarnessError `no-memory` where there is none. */
  load(address: Address, bytes: Uint8Array): void;
  /** Reads memory as a debugger does. Throws HarnessError `no-memory`. */
  dump(address: Address, size: ByteCount): Uint8Array;
  /** One privileged word load on the bus, private peripherals included, without the MPU. Throws HarnessError `bus-error`, `unmodelled`. */
  readWord(address: Address): number;
  /** One privileged word store, likewise. */
  writeWord(address: Address, value: number): void;
  /**
   * Register writes in `action` are those of the boot that prepared the memories: a cipher region that it switches on changes nothing any more, as `load` has put
   * into its window what the core is to see.
   */
  asBoot(action: () => void): void;
  /** Starts at a vector table: MSP and PC from its first two words, VTOR, privileged thread mode. */
  jump(vectorTable: Address): void;
  /** Executes at most so many instructions. */
  run(maxInstructions: number): StopReason;
  /** Lets board time pass while the core sleeps: up to `cycle` or the next scheduled event, whichever is earlier. */
  advanceTo(cycle: number): void;
  /** Throws HarnessError `unknown-uart`. */
  uart(name: string): UartLine;
  gpio(port: GpioPortName): GpioPort;
}

/** Throws HarnessError `unknown-block` for a name in `allowUnmodelled` that the chip does not have. */
export function createStm32h7rs(options: MachineOptions): Machine {
  return new Stm32h7rs(options);
}

class Stm32h7rs implements Machine {
  readonly #chip: Chip;
  readonly #bus: Bus;
  readonly #core: Core;
  /** What each interrupt line carries; only changes go on to the NVIC, which latches them. */
  readonly #levels = new Map<number, boolean>();
  #sleptCycles = 0;
  /** First address that DMA wrote past a data cache that was on. */
  #incoherent: Address | undefined;

  constructor(options: MachineOptions) {
    // Blocks are made before the core that they talk to; nothing asks for it until the machine runs.
    const core = (): Core => this.#core;
    const ports: BlockPorts = {
      scheduler: {
        get now() {
          return core().cycles;
        },
        at: (cycle, callback) => core().scheduler.at(cycle, callback),
        cancel: (handle) => core().scheduler.cancel(handle),
        cycleOf: (handle) => core().scheduler.cycleOf(handle),
      },
      interrupts: { setLevel: (irq, active) => this.#setLevel(irq, active) },
      requestReset: (cause) => {
        core().resetRequest ??= cause;
        core().attention();
      },
    };
    const factory = factoryOptionRegisters(options.kit.device);
    this.#chip = new Chip(ports, {
      kit: options.kit,
      seed: options.seed ?? 1,
      optionRegisters: options.optionRegisters ?? (() => factory),
      ...(options.extraRam === undefined ? {} : { extraRam: options.extraRam }),
      ...(options.externalFlash === undefined ? {} : { externalFlash: options.externalFlash }),
      ...(options.flowControl === undefined ? {} : { flowControl: options.flowControl }),
      ...(options.allowUnmodelled === undefined ? {} : { allowUnmodelled: options.allowUnmodelled }),
      onTolerated: (touched) => options.onTolerated?.({ ...touched, pc: core().at }),
      bus: {
        load: (address, width) => this.#bus.load(address, width),
        store: (address, value, width) => {
          this.#bus.store(address, value, width);
          core().invalidateCode(address, width);
          this.#noteIncoherence(address);
        },
      },
      watch: (bank, watcher) => this.#bus.watch(bank.name, watcher),
      onMemoryAccess: () => this.#openMemories(),
    });
    this.#bus = new Bus(this.#chip.memories.store, this.#chip.memories.banks, this.#chip.blocks);
    this.#core = new Core(this.#bus, {
      ...(options.busFaults === undefined ? {} : { busFaults: options.busFaults }),
      ...(options.translate === undefined ? {} : { translate: options.translate }),
      tightlyCoupled: { itcm: { bank: 'ITCM', size: this.#chip.memories.bank('ITCM').size }, dtcm: { bank: 'DTCM', size: this.#chip.memories.bank('DTCM').size } },
      unmodelledInterrupts: new Map([[interruptNumbers.FPU, 'FPU interrupt (NVIC_ISER0)']]),
    });
    this.#chip.rcc.clock.onChange(() => this.#clockExternalMemories());
    this.reset('power-on');
  }

  /**
   * A memory whose interface has no kernel clock, or does not map it, does not answer: XSPI1 has the flash, XSPI2 the RAM.
   * unverified: that an access is a bus error then; a board may wait for ever.
   */
  #clockExternalMemories(): void {
    const { xspi1, xspi2 } = this.#chip.rcc.clock.frequencies;
    for (const { name } of this.#chip.memories.banks) {
      if (name === 'external flash') this.#bus.setVisible(name, xspi1 > 0 && this.#chip.maps('XSPI1'));
      else if (name === 'external RAM') this.#bus.setVisible(name, xspi2 > 0 && this.#chip.maps('XSPI2'));
    }
  }

  /** RAMs behind a clock of RCC, the backup RAM behind the write protection of its domain, memories behind the XSPIs. */
  #openMemories(): void {
    for (const [bank, lacks] of this.#chip.gatedMemories) this.#bus.setVisible(bank, lacks === undefined, lacks);
    this.#bus.setStores('BKPSRAM', this.#chip.backupRamWritable);
    this.#clockExternalMemories();
  }

  get scheduler(): Scheduler {
    return this.#core.scheduler;
  }

  get core(): Core {
    return this.#core;
  }

  get activeCycles(): number {
    return this.#core.cycles - this.#sleptCycles;
  }

  get instructions(): number {
    return this.#core.instructions;
  }

  get pc(): Address {
    return this.#core.at;
  }

  get seconds(): number {
    return this.#chip.rcc.clock.seconds;
  }

  get frequencies(): Frequencies {
    return this.#chip.rcc.clock.frequencies;
  }

  get hideProtectionLevel(): HideProtectionLevel {
    return this.#chip.sbs.hideProtectionLevel;
  }

  get tolerated(): readonly ToleratedBlock[] {
    return this.#chip.tolerated;
  }

  /** Caches are not modelled: what DMA writes, the core sees at once. TCM is not cached. */
  #noteIncoherence(address: Address): void {
    if (this.#incoherent !== undefined || (this.#core.system.ccr & dataCache) === 0) return;
    const tightlyCoupled = address < 0x10000 || (address >= 0x20000000 && address < 0x20010000);
    if (!tightlyCoupled && this.#core.mpu.isCacheable(address)) this.#incoherent = address;
  }

  get remarks(): readonly string[] {
    const failure = this.#core.translator?.failure;
    const incoherent = this.#incoherent;
    return [...this.#chip.remarks, ...(incoherent === undefined ? [] : [`DMA wrote to cacheable memory (${hex32(incoherent)}) while the data cache was on: a board shows older contents where the program does not invalidate them; caches are not modelled`]), ...(failure === undefined ? [] : [`interpreted only, as the host's WebAssembly failed: ${failure.slice(0, 200)}`])];
  }

  reset(cause: ResetCause): void {
    this.#levels.clear();
    this.#core.reset();
    this.#chip.reset(cause);
    if (cause === 'power-on') this.#incoherent = undefined;
    this.#openMemories();
    if (cause === 'power-on') for (const bank of this.#chip.memories.banks) this.#core.invalidateCode(bank.base, bank.size);
  }

  save(): MachineSnapshot {
    // What is due now happens at the beginning of the next run: before the snapshot is as good.
    this.#core.scheduler.fireDue();
    return {
      state: {
        core: savedCore(this.#core),
        sleptCycles: this.#sleptCycles,
        levels: [...this.#levels].filter(([, active]) => active).map(([irq]) => irq),
        events: this.#core.scheduler.cycles,
        blocks: this.#chip.saved(),
      },
      memories: this.#chip.memories.banks.map(savePages),
    };
  }

  restore({ state, memories }: MachineSnapshot): void {
    const reader = new SavedReader(state, 'machine');
    for (const bank of this.#chip.memories.banks) {
      const saved = memories.find((candidate) => candidate.bank === bank.name);
      restorePages(bank, saved ?? { bank: bank.name, pages: [], bytes: new Uint8Array(0) });
      this.#core.invalidateCode(bank.base, bank.size);
    }
    this.#core.reset();
    restoreCore(this.#core, reader.child('core'));
    this.#sleptCycles = reader.integer('sleptCycles');
    this.#levels.clear();
    for (const irq of reader.numbers('levels', { most: irqCount }, 0, irqCount - 1)) this.#levels.set(irq, true);
    this.#chip.restore(reader.child('blocks'));
    this.#openMemories();
    restoreSystem(this.#core, reader.child('core'));
    // A check of the whole: whatever was to happen will happen when it was to.
    const events = [...reader.numbers('events', { most: 1000 }, 0, Number.MAX_SAFE_INTEGER)].sort((a, b) => a - b);
    const planned = this.#core.scheduler.cycles;
    if (events.length !== planned.length || events.some((cycle, i) => cycle !== planned[i])) {
      throw new HarnessError({ code: 'snapshot', kind: 'usage', message: 'the snapshot does not fit: events are missing or too many', nextStep: 'take it again with this version of rot-hil' });
    }
  }

  load(address: Address, bytes: Uint8Array): void {
    this.#eachPart(address, bytes.length, (bank, offset, from, count) => {
      bank.bytes.set(bytes.subarray(from, from + count), offset);
      this.#chip.ramecc.renew(bank.name, offset, count);
      this.#core.invalidateCode(bank.base + offset, count);
    });
  }

  dump(address: Address, size: ByteCount): Uint8Array {
    const out = new Uint8Array(size);
    this.#eachPart(address, size, (bank, offset, from, count) => out.set(bank.bytes.subarray(offset, offset + count), from));
    return out;
  }

  readWord(address: Address): number {
    return this.#access(address, () => (isPrivate(address) ? this.#core.system.load(address, 4, true) : this.#bus.load(address, 4)));
  }

  writeWord(address: Address, value: number): void {
    this.#access(address, () => {
      if (isPrivate(address)) this.#core.system.store(address, value >>> 0, 4, true);
      else {
        this.#bus.store(address, value >>> 0, 4);
        this.#core.invalidateCode(address, 4);
      }
    });
  }

  asBoot(action: () => void): void {
    this.#chip.asBoot(action);
  }

  jump(vectorTable: Address): void {
    this.#core.jump(vectorTable);
  }

  run(maxInstructions: number): StopReason {
    const reason = this.#core.run(maxInstructions);
    if (reason.kind !== 'idle') return reason;
    const lacking = (this.#core.system.load(scr, 4, true) & sleepDeep) === 0 ? this.#chip.stoppedInSleep() : this.#chip.deepSleep();
    return lacking === undefined ? reason : { kind: 'unmodelled', what: lacking.what, address: lacking.address, pc: this.#core.at };
  }

  advanceTo(cycle: number): void {
    const before = this.#core.cycles;
    this.#core.advanceTo(Math.min(cycle, this.#core.scheduler.next));
    this.#sleptCycles += this.#core.cycles - before;
  }

  uart(name: string): UartLine {
    const usart = this.#chip.usarts.get(name);
    if (usart === undefined) {
      throw new HarnessError({
        code: 'unknown-uart',
        kind: 'usage',
        message: `this chip has no UART ${name}`,
        nextStep: `use one of ${[...this.#chip.usarts.keys()].join(', ')}`,
      });
    }
    return {
      onTransmit: (callback) => usart.onTransmit(callback),
      receive: (bytes) => usart.receiveFromOutside(bytes),
      get busy() {
        return usart.busy;
      },
    };
  }

  gpio(port: GpioPortName): GpioPort {
    const found = this.#chip.gpio.get(port);
    if (found === undefined) throw new RangeError(`no GPIO port ${port}`);
    return found;
  }

  #setLevel(irq: number, active: boolean): void {
    if ((this.#levels.get(irq) ?? false) === active) return;
    this.#levels.set(irq, active);
    this.#core.exceptions.setLevel(irq, active);
  }

  /** Splits a range at the borders of the banks. Nothing happens unless all of it is memory. */
  #eachPart(address: Address, size: ByteCount, part: (bank: MemoryBank, offset: ByteCount, from: ByteCount, count: ByteCount) => void): void {
    const parts: (() => void)[] = [];
    for (let from = 0; from < size; ) {
      const at = address + from;
      const bank = this.#chip.memories.find(at, 1);
      if (bank === undefined) {
        throw new HarnessError({ code: 'no-memory', kind: 'usage', message: `there is no memory at ${hex32(at)}`, nextStep: 'check the address and size against the memory map of the device' });
      }
      const offset = at - bank.base;
      const start = from;
      const count = Math.min(size - from, bank.size - offset);
      parts.push(() => part(bank, offset, start, count));
      from += count;
    }
    for (const run of parts) run();
  }

  #access<T>(address: Address, access: () => T): T {
    if ((address & 3) !== 0) throw accessError('bus-error', `${hex32(address)} is not word aligned`);
    try {
      return access();
    } catch (error) {
      if (error instanceof BusError) throw accessError('bus-error', `nothing answers at ${hex32(address)}`);
      if (error instanceof UnmodelledAccess) throw accessError('unmodelled', `${error.what} at ${hex32(address)} is not modelled`);
      throw error;
    }
  }
}

function isPrivate(address: Address): boolean {
  return address >>> 20 === 0xe00;
}

function accessError(code: string, message: string): HarnessError {
  return new HarnessError({ code, kind: 'usage', message, nextStep: 'check the address against the memory map and the blocks that the emulator has' });
}
