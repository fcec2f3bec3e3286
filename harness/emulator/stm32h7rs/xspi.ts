import type { BlockPorts, ResetCause } from '../ports.js';
import { UnmodelledAccess } from '../ports.js';
import type { Saved, SavedReader } from '../saved-state.js';
import { hex } from '../../units/index.js';
import { interruptNumbers } from './interrupts.js';
import { peripheral } from './peripherals.js';
import type { Register } from './register-block.js';
import { RegisterBlock, command, storage } from './register-block.js';

// Offsets and bits: ST device header stm32h7s7xx.h, XSPI_TypeDef.
const at = { CR: 0x00, SR: 0x20, AR: 0x48, DR: 0x50, CCR: 0x100, IR: 0x110 } as const;
const cr = { EN: 1, ABORT: 2 } as const;
const sr = { TEF: 1, TCF: 2, FTF: 4, SMF: 8, TOF: 16 } as const;
const clearable = sr.TEF | sr.TCF | sr.SMF | sr.TOF;
/** CR.FMODE: indirect write, indirect read, automatic polling, memory mapped. */
const memoryMapped = 3;
const ccr = { IMODE: 7, ADMODE: 7 << 8, DMODE: 7 << 24 } as const;

/** Registers that only describe the memory and its commands, by offset. */
const plain: Readonly<Record<number, string>> = {
  0x08: 'DCR1', 0x0c: 'DCR2', 0x10: 'DCR3', 0x14: 'DCR4', 0x40: 'DLR', 0x80: 'PSMKR', 0x88: 'PSMAR', 0x90: 'PIR', 0x100: 'CCR', 0x108: 'TCR', 0x120: 'ABR', 0x130: 'LPTR',
  0x140: 'WPCCR', 0x148: 'WPTCR', 0x150: 'WPIR', 0x160: 'WPABR', 0x180: 'WCCR', 0x188: 'WTCR', 0x190: 'WIR', 0x1a0: 'WABR', 0x200: 'HLCR', 0x210: 'CALFCR', 0x218: 'CALMR',
  0x220: 'CALSOR', 0x228: 'CALSIR',
};

/**
 * Extended serial memory interface as the secure boot leaves it: its memory is mapped, and what the window shows is the
 * machine's. Configuration is kept; a command of the program's own to the memory (indirect or polling) stops the run with
 * its opcode, as no memory device answers here.
 */
export class Xspi extends RegisterBlock {
  /** As the boot left it, until CR is written. */
  #maps = true;
  /** False once its clock was taken away; a memory that is there without any boot does not ask for one. */
  #clocked = true;

  constructor(
    name: 'XSPI1' | 'XSPI2',
    private readonly ports: BlockPorts,
    private readonly options: { readonly isClocked?: () => boolean; /** `mapped` changed. */ readonly onMap?: () => void } = {},
  ) {
    const { base } = peripheral(name);
    const map: Record<number, Register> = {
      0x00: {
        name: 'CR',
        // An abort is done at once: nothing is under way.
        write: (value) => {
          const next = value & ~cr.ABORT;
          this.poke(at.CR, next);
          this.#map((next & cr.EN) !== 0 && ((next >>> 28) & 3) === memoryMapped, this.#clocked);
          if ((value & cr.ABORT) !== 0) this.poke(at.SR, this.peek(at.SR) | sr.TCF);
          this.#interrupt();
          return next;
        },
      },
      0x20: { name: 'SR', writable: 0 },
      0x24: command('FCR', (value) => {
        this.poke(at.SR, this.peek(at.SR) & ~(value & clearable));
        this.#interrupt();
      }),
      0x48: { name: 'AR', write: (value) => this.#phase(value, at.AR) },
      0x50: { name: 'DR', read: () => this.#command(), write: () => this.#command() },
      0x110: { name: 'IR', write: (value) => this.#phase(value, at.IR) },
    };
    for (const [offset, register] of Object.entries(plain)) map[Number(offset)] = storage(register);
    super(name, base, 0x400, map);
  }

  override reset(cause: ResetCause): void {
    super.reset(cause);
    this.#interrupt();
    // What the next boot leaves is what its memories show.
    this.#map(true, true);
  }

  /** Whether the memory is mapped. `unverified:` that an access is a bus error otherwise. */
  get mapped(): boolean {
    return this.#maps && this.#clocked;
  }

  /** Reset on its own: what the boot had set up is gone. */
  unmap(): void {
    this.#map(false, this.#clocked);
  }

  clockSwitched(): void {
    this.#map(this.#maps, this.options.isClocked?.() ?? true);
  }

  protected override savedBeside(): Saved {
    return { maps: this.#maps, clocked: this.#clocked };
  }

  protected override restoreBeside(state: SavedReader): void {
    this.#maps = state.flag('maps');
    this.#clocked = state.flag('clocked');
  }

  #map(maps: boolean, clocked: boolean): void {
    const before = this.mapped;
    this.#maps = maps;
    this.#clocked = clocked;
    if (this.mapped !== before) this.options.onMap?.();
  }

  /** The last phase that the command needs starts it: the instruction alone, or the address. Data phases start with DR. */
  #phase(value: number, offset: number): number {
    const enabled = (this.peek(at.CR) & cr.EN) !== 0 && ((this.peek(at.CR) >>> 28) & 3) !== memoryMapped;
    const format = this.peek(at.CCR);
    const last = offset === at.AR ? (format & ccr.ADMODE) !== 0 : (format & ccr.IMODE) !== 0 && (format & ccr.ADMODE) === 0;
    const writesData = (format & ccr.DMODE) !== 0 && ((this.peek(at.CR) >>> 28) & 3) === 0;
    this.poke(offset, value);
    if (enabled && last && !writesData) this.#command();
    return value;
  }

  #command(): never {
    throw new UnmodelledAccess(`${this.name} command ${hex(this.peek(at.IR))}`, this.base + at.IR);
  }

  /** Enables stand in CR from bit 16 on, as the flags in SR. */
  #interrupt(): void {
    const active = this.peek(at.SR) & (this.peek(at.CR) >>> 16) & 0x1f;
    this.ports.interrupts.setLevel(interruptNumbers[this.name as 'XSPI1' | 'XSPI2'], active !== 0);
  }
}

/** XSPI I/O manager: which interface is on which port. `unverified:` what swapped ports do to a memory that is mapped. */
export class Xspim extends RegisterBlock {
  constructor() {
    const { base, size } = peripheral('XSPIM');
    super('XSPIM', base, size, { 0x00: storage('CR', 0, 0x00ff0073) });
  }
}
