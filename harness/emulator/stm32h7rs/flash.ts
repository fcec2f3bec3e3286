import type { Device } from '../../board/index.js';
import type { Address } from '../../units/index.js';
import type { ResetCause } from '../ports.js';
import { UnmodelledAccess } from '../ports.js';
import type { Saved, SavedReader } from '../saved-state.js';
import type { Register } from './register-block.js';
import { RegisterBlock, command, readOnly, storage } from './register-block.js';

/** Value of an option status register (…SR) by its address, as the owner of the option bytes has it. */
export type OptionRegisters = ReadonlyMap<Address, number>;

/** The option status registers of a device before anything is provisioned. */
export function factoryOptionRegisters(device: Device): OptionRegisters {
  const registers = new Map<Address, number>();
  for (const { register, low, factory } of device.optionBytes) registers.set(register, ((registers.get(register) ?? 0) | (factory << low)) >>> 0);
  return registers;
}

// Offsets: ST device header stm32h7s7xx.h, FLASH_TypeDef. Keys: stm32h7rsxx_hal_flash.h.
const base = 0x52002000;
const at = { CR: 0x10, OPTCR: 0x104 } as const;
/** Offsets of the option bytes' status registers; the programming register stands 4 behind each. */
const optionStatus = {
  NVSR: 0x200, ROTSR: 0x208, OTPLSR: 0x210, WRPSR: 0x218, HDPSR: 0x230, EPOCHSR: 0x250, OBW1SR: 0x260, OBW2SR: 0x268,
} as const;
const lock = 1;
const keys = [0x45670123, 0xcdef89ab] as const;
const optionKeys = [0x08192a3b, 0x4c5d6e7f] as const;
const startBits = (1 << 1) | (1 << 2) | (1 << 3) | (1 << 5) | (1 << 16) | (1 << 17); // PG SER BER START PG_OTP CRC_EN

/**
 * Embedded flash interface: access control, locks and option status. Programming, erasing and changing option bytes from
 * firmware stop the run (the virtual board's probe changes option bytes, not the application).
 */
export class FlashInterface extends RegisterBlock {
  /** How far each key sequence has come; `blocked` until the next reset after a wrong key (as the chip does). */
  #cr: number | 'blocked' = 0;
  #optcr: number | 'blocked' = 0;

  /** @param options asked on every access; a register that it lacks reads 0. */
  constructor(private readonly options: () => OptionRegisters) {
    super('FLASH', base, 0x400, {
      0x00: storage('ACR', 0x13, 0x3f),
      0x04: command('KEYR', (value) => {
        this.#cr = this.#unlock(at.CR, keys, this.#cr, value);
      }),
      0x10: { name: 'CR', reset: lock, write: (value, stored) => this.#control('CR', value, stored) },
      0x14: readOnly('SR', () => 0),
      0x20: storage('IER'),
      0x24: readOnly('ISR', () => 0),
      0x28: command('ICR', () => undefined),
      0x40: readOnly('ECCSFADDR', () => 0),
      0x44: readOnly('ECCDFADDR', () => 0),
      0x100: command('OPTKEYR', (value) => {
        this.#optcr = this.#unlock(at.OPTCR, optionKeys, this.#optcr, value);
      }),
      0x104: { name: 'OPTCR', reset: lock, write: (value, stored) => this.#control('OPTCR', value, stored) },
      0x108: readOnly('OPTISR', () => 0),
      0x10c: command('OPTICR', () => undefined),
      ...optionRegisters((name) => this.option(name)),
    });
  }

  /** What an option status register reads now. */
  option(name: keyof typeof optionStatus): number {
    return this.options().get(base + optionStatus[name]) ?? 0;
  }

  override reset(cause: ResetCause): void {
    super.reset(cause);
    this.#cr = 0;
    this.#optcr = 0;
  }

  protected override savedBeside(): Saved {
    return { cr: this.#cr, optcr: this.#optcr };
  }

  protected override restoreBeside(state: SavedReader): void {
    const step = (name: 'cr' | 'optcr'): number | 'blocked' => (state.isText(name) ? state.oneOf(name, ['blocked'] as const) : state.integer(name, 0, 1));
    this.#cr = step('cr');
    this.#optcr = step('optcr');
  }

  #unlock(register: number, sequence: readonly number[], state: number | 'blocked', value: number): number | 'blocked' {
    if (state === 'blocked' || sequence[state] !== value) return 'blocked';
    if (state + 1 < sequence.length) return state + 1;
    this.poke(register, this.peek(register) & ~lock);
    return 0;
  }

  #control(name: 'CR' | 'OPTCR', value: number, stored: number): number {
    if ((stored & lock) !== 0) return stored;
    const starts = name === 'CR' ? startBits : 2;
    if ((value & starts) !== 0) throw new UnmodelledAccess(`FLASH programming (${name})`, base + at[name]);
    return value;
  }
}

function optionRegisters(option: (name: keyof typeof optionStatus) => number): Record<number, Register> {
  const map: Record<number, Register> = {};
  for (const name of Object.keys(optionStatus) as (keyof typeof optionStatus)[]) {
    const offset = optionStatus[name];
    map[offset] = readOnly(name, () => option(name));
    // The programming registers show the loaded values until firmware asks for a change, which this model refuses.
    map[offset + 4] = {
      name: `${name}P`,
      read: () => option(name),
      write: () => {
        throw new UnmodelledAccess(`FLASH option byte change (${name}P)`, base + offset + 4);
      },
    };
  }
  return map;
}
