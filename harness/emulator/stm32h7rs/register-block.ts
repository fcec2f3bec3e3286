import type { Address, ByteCount } from '../../units/index.js';
import { hex } from '../../units/index.js';
import type { AccessWidth, Block, ResetCause } from '../ports.js';
import { UnmodelledAccess } from '../ports.js';
import type { Saved, SavedReader } from '../saved-state.js';
import { savedPairs } from '../saved-state.js';

/** One 32-bit register of a block: what it holds and what happens around it. */
export interface Register {
  /** ST's name in the device header: `ISR`. */
  readonly name: string;
  /** Reset value; 0 when left out. */
  readonly reset?: number;
  /** Bits that every reset but power-on leaves as they are. */
  readonly retained?: number;
  /** Bits that a write changes; all when left out. The others keep their value. */
  readonly writable?: number;
  /** Bits that the chip has and whose effect this model lacks: a write that sets one stops the run with block, register and bits. */
  readonly lacks?: number;
  /** The value that a read returns, where it is not the stored one. */
  readonly read?: (stored: number) => number;
  /** Stores a write (already masked by `writable`) and does what it does; the returned value is stored. */
  readonly write?: (value: number, stored: number) => number;
  /** A register of commands (write-1-to-set and the like): lanes that a narrow store leaves out count as 0, not as stored. */
  readonly command?: boolean;
}

/** Registers by byte offset, each a multiple of 4. */
export type RegisterMap = Readonly<Record<number, Register>>;

/**
 * A block made of 32-bit registers. Narrow accesses take their lanes of the register; a read's side effect happens whatever
 * the width. An offset without a register stops the run with the block's name (UnmodelledAccess).
 */
export class RegisterBlock implements Block {
  readonly #registers: (Register | undefined)[] = [];
  readonly #values: Uint32Array;

  constructor(
    readonly name: string,
    readonly base: Address,
    readonly size: ByteCount,
    map: RegisterMap,
  ) {
    this.#values = new Uint32Array(size / 4);
    for (const [offset, register] of Object.entries(map)) this.#registers[Number(offset) >>> 2] = register;
    this.#resetValues('power-on');
  }

  /** The stored value of a register, without a read's side effects. */
  peek(offset: ByteCount): number {
    return this.#values[offset >>> 2];
  }

  /** Sets the stored value of a register from inside the block, without a write's side effects. */
  poke(offset: ByteCount, value: number): void {
    this.#values[offset >>> 2] = value;
  }

  read(offset: ByteCount, width: AccessWidth): number {
    const register = this.#register(offset, width);
    const stored = this.#values[offset >>> 2];
    const value = register.read === undefined ? stored : register.read(stored) >>> 0;
    if (width === 4) return value;
    return (value >>> ((offset & 3) * 8)) & (width === 1 ? 0xff : 0xffff);
  }

  write(offset: ByteCount, value: number, width: AccessWidth): void {
    const register = this.#register(offset, width);
    const stored = this.#values[offset >>> 2];
    const shift = (offset & 3) * 8;
    const lanes = width === 4 ? 0xffffffff : (width === 1 ? 0xff : 0xffff) << shift;
    const kept = register.command === true ? 0 : stored & ~lanes;
    const written = ((value << shift) & lanes) | kept;
    const lacking = (written & lanes & (register.lacks ?? 0)) >>> 0;
    if (lacking !== 0) throw new UnmodelledAccess(`${this.name} ${register.name} bits ${hex(lacking)}`, (this.base + (offset & ~3)) >>> 0);
    const writable = register.writable ?? 0xffffffff;
    const merged = ((written & writable) | (register.command === true ? 0 : stored & ~writable)) >>> 0;
    const result = register.write === undefined ? merged : register.write(merged, stored);
    this.#values[offset >>> 2] = result;
  }

  reset(cause: ResetCause): void {
    this.#resetValues(cause);
  }

  saved(): Saved {
    const registers = new Map<number, number>();
    this.#values.forEach((value, index) => value !== 0 && registers.set(index, value));
    return { registers: savedPairs(registers), ...this.savedBeside() };
  }

  restore(state: SavedReader): void {
    const registers = state.pairs('registers', this.#values.length);
    this.#values.fill(0);
    for (const [index, value] of registers) if (this.#registers[index] !== undefined) this.#values[index] = value;
    this.restoreBeside?.(state);
  }

  /** What the block is made of beside its registers. */
  protected savedBeside(): Saved {
    return {};
  }

  protected restoreBeside?(state: SavedReader): void;

  #register(offset: ByteCount, width: AccessWidth): Register {
    const register = this.#registers[offset >>> 2];
    if (register === undefined || (offset & 3) + width > 4) {
      const name = register === undefined ? '' : ` (${register.name}, unaligned)`;
      throw new UnmodelledAccess(`${this.name} +${hex(offset)}${name}`, (this.base + offset) >>> 0);
    }
    return register;
  }

  #resetValues(cause: ResetCause): void {
    this.#registers.forEach((register, index) => {
      const retained = cause === 'power-on' ? 0 : (register?.retained ?? 0);
      this.#values[index] = (this.#values[index] & retained) | ((register?.reset ?? 0) & ~retained);
    });
  }
}

/** A register that only holds what was written. */
export function storage(name: string, reset = 0, writable = 0xffffffff): Register {
  return { name, reset, writable };
}

/** A register that holds what was written, some of whose bits do what this model lacks. */
export function lacking(name: string, lacks: number, reset = 0, writable = 0xffffffff): Register {
  return { name, reset, writable, lacks: lacks >>> 0 };
}

/** A register whose value comes from elsewhere and which ignores writes. */
export function readOnly(name: string, read: (stored: number) => number): Register {
  return { name, read, writable: 0 };
}

/** A command register that reads as 0. */
export function command(name: string, write: (value: number) => void): Register {
  return {
    name,
    command: true,
    read: () => 0,
    write: (value) => {
      write(value);
      return 0;
    },
  };
}
