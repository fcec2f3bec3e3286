import type { Address, ByteCount } from '../../units/index.js';
import type { Core } from '../cpu/core.js';
import type { AccessWidth, StopReason } from '../ports.js';

/** What a debugger works on. */
export interface DebuggedMachine {
  readonly core: Core;
  run(maxInstructions: number): StopReason;
  /** Writes to memory as a debugger does, flash and ROM included; throws where there is none. */
  load(address: Address, bytes: Uint8Array): void;
  /** Reset and start, as far as the first instruction. */
  reset(): void;
}

/** Z2, Z3, Z4 of the protocol. */
export type WatchKind = 'watch' | 'rwatch' | 'awatch';

export type DebugStop =
  | { readonly kind: 'breakpoint' | 'step' | 'interrupt' | 'asleep' }
  | { readonly kind: 'watchpoint'; readonly watch: WatchKind; readonly address: Address }
  /** Lock-up, or something that is not modelled. */
  | { readonly kind: 'ended'; readonly why: string }
  | { readonly kind: 'exit'; readonly code: number };

interface Watchpoint {
  readonly watch: WatchKind;
  readonly address: Address;
  readonly size: ByteCount;
}

/** A Cortex-M7 has 8 and 4 of them; more cost nothing here, a bound still holds hostile input. */
const mostPoints = 256;
const pageShift = 12;

/** Halts, steps and continues a core, with breakpoints and watchpoints; the owner calls `run` instead of the machine's. */
export class Debugger {
  #halted = false;
  #stepping = false;
  /** The instruction at which the core was resumed executes whatever breakpoint stands there; -1 once it has. */
  #resumedAt = -1;
  readonly #breakpoints = new Set<Address>();
  readonly #watchpoints: Watchpoint[] = [];
  #hit: { readonly watch: WatchKind; readonly address: Address } | undefined;
  /** A debugger is connected: ends of the core halt it instead of ending the run. */
  attached = false;
  /** Called when the core has stopped. */
  onStop: (stop: DebugStop) => void = () => undefined;
  /** Called when the core may go on: the owner's loop looks again. */
  onResume: () => void = () => undefined;

  constructor(readonly machine: DebuggedMachine) {}

  get halted(): boolean {
    return this.#halted;
  }

  /** At most so many instructions; a halted core is one that sleeps until `onResume`. Ends that a debugger may look at halt the core. */
  run(maxInstructions: number): StopReason {
    const waiting: StopReason = { kind: 'idle', until: undefined };
    if (this.#halted) return waiting;
    const stop = this.#stepping || this.#breakpoints.size > 0 || this.#watchpoints.length > 0 ? this.#carefully(maxInstructions) : this.machine.run(maxInstructions);
    if (stop === undefined) return waiting;
    if (stop.kind === 'exit') {
      this.#stop({ kind: 'exit', code: stop.code });
      return stop;
    }
    if (this.attached && (stop.kind === 'lockup' || stop.kind === 'unmodelled')) {
      this.#stop({ kind: 'ended', why: stop.kind === 'lockup' ? `lock-up: ${stop.why}` : `${stop.what} is not modelled` });
      return waiting;
    }
    if (stop.kind === 'idle' && this.#stepping) {
      this.#stop({ kind: 'asleep' });
      return waiting;
    }
    return stop;
  }

  /** Instruction by instruction; undefined: the core was halted. */
  #carefully(maxInstructions: number): StopReason | undefined {
    const { core } = this.machine;
    for (let count = 0; count < maxInstructions; count += 1) {
      // Exception entry by itself: a breakpoint may stand on the handler's first instruction.
      const before = this.machine.run(0);
      if (before.kind !== 'budget') return before;
      if (core.pc !== this.#resumedAt && this.#breakpoints.has(core.pc)) return this.#stop({ kind: 'breakpoint' });
      this.#resumedAt = -1;
      const stop = this.machine.run(1);
      if (this.#hit !== undefined) return this.#stop({ kind: 'watchpoint', ...this.#hit });
      if (stop.kind !== 'budget') return stop;
      if (this.#stepping) return this.#stop({ kind: 'step' });
    }
    return { kind: 'budget' };
  }

  #stop(stop: DebugStop): undefined {
    this.#halted = true;
    this.#stepping = false;
    this.#hit = undefined;
    this.onStop(stop);
  }

  halt(): void {
    if (!this.#halted) this.#stop({ kind: 'interrupt' });
  }

  /** Halts without a word: at attachment, and at a reset. */
  hold(): void {
    this.#halted = true;
    this.#stepping = false;
  }

  resume(step: boolean): void {
    this.#halted = false;
    this.#stepping = step;
    this.#resumedAt = this.machine.core.pc;
    this.#hit = undefined;
    this.onResume();
  }

  /** Takes everything away and lets the core run. */
  detach(): void {
    this.#breakpoints.clear();
    this.#watchpoints.length = 0;
    this.#watch();
    this.resume(false);
  }

  reset(): void {
    this.machine.reset();
    this.hold();
  }

  /** False where there are too many. */
  setBreakpoint(address: Address): boolean {
    if (this.#breakpoints.size >= mostPoints) return false;
    this.#breakpoints.add((address & ~1) >>> 0);
    return true;
  }

  clearBreakpoint(address: Address): void {
    this.#breakpoints.delete((address & ~1) >>> 0);
  }

  setWatchpoint(watch: WatchKind, address: Address, size: ByteCount): boolean {
    if (this.#watchpoints.length >= mostPoints || size < 1 || size > 0x1000 || address + size > 0x1_0000_0000) return false;
    this.clearWatchpoint(watch, address, size);
    this.#watchpoints.push({ watch, address, size });
    this.#watch();
    return true;
  }

  clearWatchpoint(watch: WatchKind, address: Address, size: ByteCount): void {
    const index = this.#watchpoints.findIndex((point) => point.watch === watch && point.address === address && point.size === size);
    if (index >= 0) this.#watchpoints.splice(index, 1);
    this.#watch();
  }

  #watch(): void {
    const pages = new Set(this.#watchpoints.flatMap(({ address, size }) => [address >>> pageShift, (address + size - 1) >>> pageShift]));
    this.machine.core.watch(pages.size === 0 ? undefined : { pages, access: (address, width, write) => this.#accessed(address, width, write) });
  }

  #accessed(address: Address, width: AccessWidth, write: boolean): void {
    const point = this.#watchpoints.find((each) => each.watch !== (write ? 'rwatch' : 'watch') && address < each.address + each.size && each.address < address + width);
    if (point !== undefined) this.#hit ??= { watch: point.watch, address: point.address };
  }

  /** Memory without the MPU; registers of blocks in words where the range allows it. Throws where nothing answers. */
  readMemory(address: Address, size: ByteCount): Uint8Array {
    const out = new Uint8Array(size);
    this.#each(address, size, (at, offset, width) => {
      const value = this.#load(at, width);
      for (let index = 0; index < width; index += 1) out[offset + index] = value >>> (8 * index);
    });
    return out;
  }

  writeMemory(address: Address, bytes: Uint8Array): void {
    if (bytes.length > 0 && this.#isMemory(address) && this.#isMemory(address + bytes.length - 1)) {
      this.machine.load(address, bytes);
      return;
    }
    this.#each(address, bytes.length, (at, offset, width) => {
      let value = 0;
      for (let index = 0; index < width; index += 1) value |= bytes[offset + index]! << (8 * index);
      const { core } = this.machine;
      if (isPrivate(at)) core.system.store(at, value >>> 0, width, true);
      else core.bus.store(at, value >>> 0, width);
    });
  }

  #isMemory(address: Address): boolean {
    return this.machine.core.bus.bankAt(address) !== undefined;
  }

  #load(address: Address, width: AccessWidth): number {
    const { core } = this.machine;
    return isPrivate(address) ? core.system.load(address, width, true) : core.bus.load(address, width);
  }

  #each(address: Address, size: ByteCount, part: (at: Address, offset: ByteCount, width: AccessWidth) => void): void {
    for (let offset = 0; offset < size; ) {
      const at = address + offset;
      const width: AccessWidth = at % 4 === 0 && size - offset >= 4 ? 4 : at % 2 === 0 && size - offset >= 2 ? 2 : 1;
      part(at, offset, width);
      offset += width;
    }
  }
}

function isPrivate(address: Address): boolean {
  return address >>> 20 === 0xe00;
}
