import type { OptionByte } from '../board/index.js';
import { hex } from '../units/index.js';
import type { Address } from '../units/index.js';
import { Refusal } from './protocol.js';
import type { OptionByteValue } from './protocol.js';

/** Fields that `-ob` does not write (unverified: IROT_SELECT among them): the product state has commands of its own (`-psrss`, debug authentication). */
const productStateGroup = 'Product state';

/** The option bytes of one device: fields by name, and the FLASH option registers that they make up. */
export class OptionBytes {
  #values = new Map<string, number>();
  #fields: ReadonlyMap<string, OptionByte>;

  constructor(fields: readonly OptionByte[]) {
    this.#fields = new Map(fields.map((field) => [field.name, field]));
    this.restore({});
  }

  /** Value of a field. */
  get(name: string): number {
    const value = this.#values.get(name);
    if (value === undefined) throw new Refusal('unknown-option-byte', `this device has no option byte ${name}`);
    return value;
  }

  /** Every field in the order of the device's data. */
  list(): readonly OptionByteValue[] {
    return [...this.#fields.values()].map(({ name, group, register, width }) => ({ name, group, register, width, value: this.get(name) }));
  }

  /** Values by name. */
  values(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#values);
  }

  /**
   * Programs fields; nothing changes unless all of them can be.
   * @param reaches whether a field is programmed; the others keep their values without a word
   * @throws Refusal `unknown-option-byte`, `option-byte-value`
   */
  program(values: readonly { readonly name: string; readonly value: number }[], reaches: (field: OptionByte) => boolean = () => true): void {
    for (const { name, value } of values) {
      const field = this.#fields.get(name);
      if (field === undefined || field.group === productStateGroup) throw new Refusal('unknown-option-byte', `${name} is no option byte that can be written`);
      if (!Number.isInteger(value) || value < 0 || value >= 2 ** field.width) {
        throw new Refusal('option-byte-value', `${name} is ${String(field.width)} bits wide and cannot be ${hex(value)}`);
      }
    }
    for (const { name, value } of values) if (reaches(this.#fields.get(name)!)) this.#values.set(name, value);
  }

  /** Writes fields of any group, as the ROM does. @throws Refusal `unknown-option-byte` */
  force(values: Readonly<Record<string, number>>): void {
    for (const name of Object.keys(values)) this.get(name);
    for (const [name, value] of Object.entries(values)) this.#values.set(name, value);
  }

  /** Bits of a programming register (…SRP), as RSS writes them: fields that lie under the mask, product state excepted. */
  programRegister(register: Address, mask: number, value: number): void {
    for (const { name, program, low, width, group } of this.#fields.values()) {
      const ones = width === 32 ? 0xffffffff : 2 ** width - 1;
      const covered = (mask >>> low) & ones;
      // The life cycle has a service of its own.
      if (program !== register || covered === 0 || (group === productStateGroup && name !== 'IROT_SELECT')) continue;
      this.#values.set(name, ((this.get(name) & ~covered) | ((value >>> low) & covered)) >>> 0);
    }
  }

  /** The status registers (…SR) as the core reads them. Bits that no field covers read as 0 (`unverified:`). */
  registers(): ReadonlyMap<Address, number> {
    const registers = new Map<Address, number>();
    for (const { name, register, low } of this.#fields.values()) {
      registers.set(register, ((registers.get(register) ?? 0) | (this.get(name) << low)) >>> 0);
    }
    return registers;
  }

  /** Kept values over factory values; a name that this device does not have is an error of the file. */
  restore(kept: Readonly<Record<string, number>>): void {
    this.#values = new Map([...this.#fields.values()].map((field) => [field.name, field.factory]));
    for (const [name, value] of Object.entries(kept)) {
      const field = this.#fields.get(name);
      if (field === undefined || !Number.isInteger(value) || value < 0 || value >= 2 ** field.width) throw new Refusal('option-byte-value', `the kept option byte ${name} does not fit this device`);
      this.#values.set(name, value);
    }
  }
}
