import { hex, hex32 } from '../../units/index.js';
import type { BootSurroundings } from '../boot-surroundings.js';
import type { Rule } from '../rule.js';

const source = "STM32CubeH7RS OEMiROT_Boot/STM32CubeIDE/postbuild.sh and ROT_Provisioning/STiROT/update_appli_setup.sh (AppliCfg linker); OEMiROT_Appli's linker scripts";

/** The names that ST's scripts update, by boot path: STiRoT gives the whole address in CODE_OFFSET. */
export function expectedSymbols(boot: Pick<BootSurroundings, 'bootPath' | 'slot' | 'headerSize'>): Readonly<Record<string, number>> {
  const { slot, headerSize, bootPath } = boot;
  const common = { CODE_SIZE: slot.size, IMAGE_HEADER_SIZE: headerSize };
  return bootPath === 'stirot' ? { CODE_OFFSET: slot.base, ...common } : { PARTITION_START: slot.base, CODE_OFFSET: 0, ...common };
}

export const linkerSymbolRules: readonly Rule[] = [
  {
    id: 'linker-symbols-present',
    title: 'The linker script has the symbols that the post-build updates',
    severity: 'warning',
    why: "ST's post-build and provisioning scripts write the layout of the root of trust into these symbols; without them the next change of the layout is missed",
    fix: 'define CODE_OFFSET, CODE_SIZE, IMAGE_HEADER_SIZE (and PARTITION_START for OEMiRoT and OEMuRoT) and derive the code region from them: rot-hil adapt <linker script>',
    source,
    check: ({ form, symbols }, boot) => {
      const names = Object.keys(expectedSymbols(boot));
      const missing = names.filter((name) => !symbols.has(name));
      // Preprocessor symbols of armlink and unexported ones of ILINK are in no ELF file.
      if (missing.length === 0 || form === 'image' || (form === 'elf' && missing.length === names.length)) return [];
      return [{ expected: names.join(', '), found: missing.length === names.length ? 'none of them' : `without ${missing.join(', ')}` }];
    },
  },
  {
    id: 'linker-symbols-value',
    title: "The linker script's symbols agree with the root of trust",
    severity: 'error',
    why: 'an application linked for another layout is copied to where it was not linked for',
    fix: 'take the values of the root of trust: rot-hil adapt <linker script> --rot-config <flash_layout.h, map.properties or STiROT_Config.xml>',
    source,
    check: ({ symbols }, boot) => {
      const expected = expectedSymbols(boot);
      const found = (name: string): number | undefined => symbols.get(name)?.value;
      const [start, offset] = [found('PARTITION_START'), found('CODE_OFFSET')];
      const base = boot.bootPath === 'stirot' && start === undefined ? offset : start === undefined || offset === undefined ? undefined : start + offset;
      const place = symbols.get('PARTITION_START')?.place ?? symbols.get('CODE_OFFSET')?.place;
      const size = found('CODE_SIZE');
      const header = found('IMAGE_HEADER_SIZE');
      return [
        ...(base === undefined || base === boot.slot.base ? [] : [{ address: base, expected: `PARTITION_START + CODE_OFFSET = ${hex32(boot.slot.base)}`, found: hex32(base), place }]),
        ...(size === undefined || size === expected['CODE_SIZE'] ? [] : [{ ...(size < boot.slot.size ? { severity: 'warning' as const } : {}), expected: `CODE_SIZE = ${hex(boot.slot.size)}`, found: hex(size), place: symbols.get('CODE_SIZE')?.place }]),
        ...(header === undefined || header === boot.headerSize ? [] : [{ expected: `IMAGE_HEADER_SIZE = ${hex(boot.headerSize)}`, found: hex(header), place: symbols.get('IMAGE_HEADER_SIZE')?.place }]),
      ];
    },
  },
];
