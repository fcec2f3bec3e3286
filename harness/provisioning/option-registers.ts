import type { ToolAction } from '../programmer/index.js';

/** One register that the chip's secure services write outside product state OPEN (`-obrss`), with the fields that ST's scripts put into it. */
interface OptionRegister {
  readonly address: number;
  readonly mask: number;
  /** Shift that is given to the tool instead of being part of the value. */
  readonly position: number;
  /** Option bytes and their lowest bit in the value. */
  readonly fields: Readonly<Record<string, number>>;
}

/** STM32CubeH7RS ROT_Provisioning, ob_flash_programming.sh (ob_add, ob_mask, ob_pos) and provisioning.sh of STiROT (IROT_SELECT). */
export const optionRegisters = {
  'write-protection': { address: 0x5200221c, mask: 0xff, position: 0, fields: Object.fromEntries(Array.from({ length: 8 }, (_, n) => [`WRPS${n}`, n])) },
  'hide-protection': { address: 0x52002234, mask: 0x03ff03ff, position: 0, fields: { HDP_AREA_START: 0, HDP_AREA_END: 16 } },
  'root-of-trust-select': { address: 0x5200220c, mask: 0xff000000, position: 0x18, fields: { IROT_SELECT: 0 } },
} as const satisfies Readonly<Record<string, OptionRegister>>;

export type OptionRegisterName = keyof typeof optionRegisters;

/** The call that writes a register, and the option bytes that must be read afterwards. @param values by option byte; all fields of the register must be there */
export function writeRegister(name: OptionRegisterName, values: Readonly<Record<string, number>>): { readonly action: ToolAction; readonly wanted: Readonly<Record<string, number>> } {
  const { address, mask, position, fields }: OptionRegister = optionRegisters[name];
  const wanted = Object.fromEntries(
    Object.keys(fields).map((field) => {
      const value = values[field];
      if (value === undefined) throw new Error(`no value for ${field}`);
      return [field, value];
    }),
  );
  const value = Object.entries(fields).reduce((sum, [field, low]) => sum + wanted[field]! * 2 ** low, 0);
  return { action: { do: 'write-option-register', address, mask, value, position }, wanted };
}

/** All sectors writable, and an area that ends before it starts: what the scripts set before they erase. */
export const unprotectedRegisters: Readonly<Record<'write-protection' | 'hide-protection', Readonly<Record<string, number>>>> = {
  'write-protection': Object.fromEntries(Object.keys(optionRegisters['write-protection'].fields).map((name) => [name, 1])),
  'hide-protection': { HDP_AREA_START: 0xff, HDP_AREA_END: 0 },
};
