import type { BlockPorts, ResetCause } from '../ports.js';
import { interruptNumbers } from './interrupts.js';
import { peripheral } from './peripherals.js';
import type { Register } from './register-block.js';
import { RegisterBlock, command, lacking, readOnly, storage } from './register-block.js';

// Offsets: ST device header stm32h7s7xx.h, TAMP_TypeDef.
const at = { IER: 0x2c, SR: 0x30, COUNT1R: 0x40, backup: 0x100 } as const;
const backupRegisters = 32;
/** CR2: erase the backup registers, and keep software away from them. */
const bkerase = 1 << 23;
const bkblock = 1 << 22;

/** Tamper block: its registers, the monotonic counter and the backup registers. Tamper events come only from outside (`raise`). */
export class Tamp extends RegisterBlock {
  constructor(
    private readonly ports: BlockPorts,
    /** PWR's DBP: the backup domain may be written. */
    writable: () => boolean,
  ) {
    const { base, size } = peripheral('TAMP');
    const kept = (name: string, reset = 0): Register => ({ name, reset, write: (value, stored) => (writable() ? value : stored) });
    const map: Record<number, Register> = {
      // Pins give no tamper event here; what is inside the chip may be watched, and finds nothing.
      0x00: { ...kept('CR1'), lacks: 0xff },
      0x04: {
        name: 'CR2',
        lacks: bkblock,
        write: (value, stored) => {
          if (!writable()) return stored;
          if ((value & bkerase) !== 0) this.#eraseBackup();
          return value & ~bkerase;
        },
      },
      0x08: kept('CR3'),
      0x0c: kept('FLTCR'),
      0x10: { ...kept('ATCR1', 0x00070000), lacks: 0xff },
      0x14: { name: 'ATSEEDR', lacks: 0xffffffff, writable: 0 },
      0x18: readOnly('ATOR', () => 0),
      0x1c: kept('ATCR2'),
      // Zones of the backup registers, which only matter with privileged zones; the boot hardware key is not modelled.
      0x20: lacking('CFGR', 1 << 30, 0, 0x40ff00ff),
      0x24: lacking('PRIVCFGR', 0xe0008000),
      0x2c: {
        name: 'IER',
        write: (value, stored) => {
          const next = writable() ? value : stored;
          this.poke(at.IER, next);
          this.#interrupt();
          return next;
        },
      },
      0x30: { name: 'SR', writable: 0 },
      0x34: readOnly('MISR', () => this.peek(at.SR) & this.peek(at.IER)),
      0x3c: command('SCR', (value) => {
        this.poke(at.SR, this.peek(at.SR) & ~value);
        this.#interrupt();
      }),
      // Any write counts one up.
      0x40: { name: 'COUNT1R', write: (_value, stored) => (writable() ? Math.min(stored + 1, 0xffffffff) : stored) },
      0x54: storage('RPCFGR'),
    };
    for (let i = 0; i < backupRegisters; i += 1) map[at.backup + 4 * i] = kept(`BKP${i}R`);
    super('TAMP', base, size, map);
  }

  override reset(cause: ResetCause): void {
    // The backup domain keeps everything over a reset of the chip.
    if (cause === 'power-on') super.reset(cause);
    this.#interrupt();
  }

  resetBackupDomain(): void {
    this.reset('power-on');
  }

  /** A tamper event, by its bit in SR: it erases the backup registers. */
  raise(bit: number): void {
    this.poke(at.SR, this.peek(at.SR) | (1 << bit));
    this.#eraseBackup();
    this.#interrupt();
  }

  #eraseBackup(): void {
    for (let i = 0; i < backupRegisters; i += 1) this.poke(at.backup + 4 * i, 0);
  }

  #interrupt(): void {
    this.ports.interrupts.setLevel(interruptNumbers.TAMP, (this.peek(at.SR) & this.peek(at.IER)) !== 0);
  }
}
