import type { ResetCause } from '../ports.js';
import { UnmodelledAccess } from '../ports.js';
import type { Saved, SavedReader } from '../saved-state.js';
import { peripheral } from './peripherals.js';
import type { Register } from './register-block.js';
import { RegisterBlock, command, lacking, readOnly, storage } from './register-block.js';

// Offsets and bits: ST device header stm32h7s7xx.h, MCE_TypeDef, MCE_Region_TypeDef, MCE_Context_TypeDef.
const regions = 4;
const regcr = { BREN: 1, ENC: 3 << 14 } as const;
const gLock = 1;

/**
 * Memory cipher engine as an application meets it. What the boot enciphers is deciphered in the window already (the machine's
 * memories hold plain contents), so the registers only keep what is written; switching a region's cipher on or off would
 * change what the window shows, and stops the run. Keys cannot be read back.
 */
export class Mce extends RegisterBlock {
  #keyed = false;
  /** What is written now is the boot's own configuration, whose effect is in the memories already. */
  byBoot = false;

  constructor(name: 'MCE1' | 'MCE2' | 'MCE3') {
    const { base, size } = peripheral(name);
    const lockable = (register: string, reset = 0): Register => ({ name: register, reset, write: (value, stored) => ((this.peek(0) & gLock) !== 0 ? stored : value) });
    const key = (register: string): Register =>
      command(register, () => {
        this.#keyed = true;
      });
    const map: Record<number, Register> = {
      0x00: { name: 'CR', writable: 3, write: (value, stored) => value | stored }, // locks are set once
      0x04: readOnly('SR', () => (this.#keyed ? 5 : 0)), // MKVALID, FMKVALID
      0x08: readOnly('IASR', () => 0),
      0x0c: command('IACR', () => undefined),
      0x10: storage('IAIER', 0, 3),
      0x1c: lacking('PRIVCFGR', 1, 0, 1),
      0x20: readOnly('IAESR', () => 0),
      0x24: readOnly('IADDR', () => 0),
    };
    for (let i = 0; i < regions; i += 1) {
      const offset = 0x40 + 0x10 * i;
      map[offset] = {
        ...lockable(`REGCR${i + 1}`),
        write: (value, stored) => {
          if ((this.peek(0) & gLock) !== 0) return stored;
          if (ciphers(value) !== ciphers(stored) && !this.byBoot) throw new UnmodelledAccess(`${name} cipher of region ${i + 1} (REGCR)`, base + offset);
          return value;
        },
      };
      map[offset + 4] = lockable(`SADDR${i + 1}`);
      map[offset + 8] = lockable(`EADDR${i + 1}`);
      map[offset + 12] = lockable(`ATTR${i + 1}`);
    }
    for (let i = 0; i < 4; i += 1) {
      map[0x200 + 4 * i] = key(`MKEYR${i}`);
      map[0x220 + 4 * i] = key(`FMKEYR${i}`);
    }
    super(name, base, size, map);
  }

  protected override savedBeside(): Saved {
    return { keyed: this.#keyed };
  }

  protected override restoreBeside(state: SavedReader): void {
    this.#keyed = state.flag('keyed');
  }

  override reset(cause: ResetCause): void {
    super.reset(cause);
    this.#keyed = false;
  }
}

function ciphers(control: number): boolean {
  return (control & regcr.BREN) !== 0 && (control & regcr.ENC) !== 0;
}
