import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { RotConfigurationChoice } from '../../board/index.js';
import { isHarnessError } from '../../errors/index.js';
import { applicationFromScript, readScript } from '../linker/read-script.js';
import { found, surroundings } from '../testing/surroundings.js';
import { adaptScript } from './adapt-script.js';

/** A script as an application for any Cortex-M has it: flash, RAM, nothing of a secure boot. */
const plain: Readonly<Record<string, string>> = {
  'app.ld': `ENTRY(Reset_Handler)
_estack = ORIGIN(DTCM) + LENGTH(DTCM); /* end of stack */
_Min_Stack_Size = 0x400;
__FLASH_BEGIN = 0x08000000;
MEMORY
{
  FLASH (rx)  : ORIGIN = __FLASH_BEGIN, LENGTH = 64K
  RAM   (xrw) : ORIGIN = 0x24000000, LENGTH = 456K
  DTCM  (rw)  : ORIGIN = 0x20000000, LENGTH = 64K
  AHB   (rw)  : ORIGIN = 0x30000000, LENGTH = 32K
}
SECTIONS
{
  .isr_vector : { KEEP(*(.isr_vector)) } >FLASH
  .text : { *(.text*) *(.rodata*) } >FLASH
  .data : { *(.data*) } >RAM AT> FLASH
  .bss : { *(.bss*) *(COMMON) } >RAM
  ._user_heap_stack : { end = .; . = . + _Min_Stack_Size; } >DTCM
}
`,
  'app.icf': `define symbol __ICFEDIT_intvec_start__ = 0x08000000;
define symbol ROM_start = 0x08000000;
define symbol ROM_end   = 0x0800FFFF;
define memory mem with size = 4G;
define region ROM_region = mem:[from ROM_start to ROM_end];
define region RAM_region = mem:[from 0x24000000 to 0x24071FFF];
define region AHB_region = mem:[from 0x30000000 to 0x30007FFF];
define block CSTACK with alignment = 8, size = 0x400 { };
initialize by copy { readwrite };
place at address mem:__ICFEDIT_intvec_start__ { readonly section .intvec };
place in ROM_region { readonly };
place in RAM_region { readwrite, block CSTACK };
`,
  'app.sct': `; scatter file
LOAD_FLASH 0x08000000 0x00010000 {
  ER_ROM 0x08000000 0x00010000 {
    *.o (RESET, +First)
    .ANY (+RO)
  }
  RW_RAM 0x24000000 0x00072000 {
    .ANY (+RW +ZI)
    *(STACK)
  }
  RW_AHB 0x30000000 0x8000 {
  }
}
`,
};

const paths: readonly RotConfigurationChoice[] = [{ exec: 'ext-ram' }, { exec: 'xip', mode: 'swap' }, { exec: 'int-ram' }, { bootPath: 'stirot' }, { bootPath: 'stirot-oemurot', exec: 'ext-ram' }];
const cases = Object.keys(plain).flatMap((file) => paths.map((path) => [file, path] as const));

describe('adapt', () => {
  it.each(cases)('%s for %j → no error and no warning left; a second time → nothing', (file, path) => {
    const boot = surroundings(path);
    const { text, changes } = adaptScript(plain[file]!, file, boot);
    expect(changes.length).toBeGreaterThan(1);
    expect(found(applicationFromScript(readScript(text, file)), boot).filter((each) => !each.startsWith('info'))).toEqual([]);
    expect(adaptScript(text, file, boot)).toEqual({ text, changes: [] });
  });

  it('a RAM region shortened twice, for the slot and for the region behind it → told once, with where it ended in the file', () => {
    const script = plain['app.ld']!.replace('  DTCM ', '  MORE  (xrw) : ORIGIN = 0x24020000, LENGTH = 16K\n  DTCM ').replace('>RAM AT>', '>MORE AT>');
    const { changes } = adaptScript(script, 'app.ld', surroundings({ exec: 'int-ram' }));
    expect(changes.filter((change) => /begins|ends/.test(change))).toEqual([
      'FLASH begins at 0x24040400, it was 0x08000000',
      'FLASH ends at 0x2405ffff, it was 0x0800ffff',
      'RAM ends at 0x2401ffff, it was 0x24071fff',
      'AHB ends at 0x30007f7f, it was 0x30007fff',
    ]);
  });

  it.each(Object.keys(plain))('%s, not adapted → refused by the check', (file) => {
    expect(found(applicationFromScript(readScript(plain[file]!, file)), surroundings())).toEqual(expect.arrayContaining(['error vector-table-address', 'error image-outside-slot']));
  });

  it.each(Object.keys(plain))('%s with CRLF → CRLF everywhere, and the same as with LF', (file) => {
    const crlf = plain[file]!.replace(/\n/g, '\r\n');
    const { text } = adaptScript(crlf, file, surroundings());
    expect(text.replace(/\r\n/g, '')).not.toMatch(/[\r\n]/);
    expect(text.replace(/\r/g, '')).toBe(adaptScript(plain[file]!, file, surroundings()).text);
  });

  it('from one boot path to another and back → the same text', () => {
    const [first, second] = [surroundings({ exec: 'ext-ram' }), surroundings({ exec: 'xip' })];
    const once = adaptScript(plain['app.ld']!, 'app.ld', first).text;
    expect(adaptScript(adaptScript(once, 'app.ld', second).text, 'app.ld', first).text).toBe(once);
  });

  it('symbols of a GNU script → before the first one that uses them', () => {
    const { text } = adaptScript(plain['app.ld']!, 'app.ld', surroundings());
    expect(text.indexOf('CODE_SIZE =')).toBeLessThan(text.indexOf('__FLASH_BEGIN ='));
    expect(text).toContain('__FLASH_BEGIN = PARTITION_START + CODE_OFFSET + IMAGE_HEADER_SIZE;');
  });

  it('damaged scripts → adapted, or refused with a reason; never anything else', () => {
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(plain)), fc.nat(2000), fc.nat(40), fc.string({ maxLength: 8 }), (file, at, length, text) => {
        const whole = plain[file]!;
        const start = at % whole.length;
        try {
          adaptScript(whole.slice(0, start) + text + whole.slice(start + length), file, surroundings());
        } catch (error) {
          if (!isHarnessError(error)) throw error;
        }
      }),
      { numRuns: 120 },
    );
  });
});
