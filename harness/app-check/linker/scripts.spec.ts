import { describe, expect, it } from '@jest/globals';
import { isHarnessError } from '../../errors/index.js';
import { readScript } from './read-script.js';
import type { ScriptModel } from './script-model.js';

const included = (files: Readonly<Record<string, string>>) => (name: string): string | undefined => files[name];
const read = (text: string, name: string, files: Readonly<Record<string, string>> = {}): ScriptModel => readScript(text, name, included(files));
const regions = (model: ScriptModel): readonly unknown[] => model.regions.map(({ name, base, size }) => [name, base, size]);
const placed = (model: ScriptModel): readonly unknown[] => model.placements.map(({ name, region, role, start }) => [name, region, role, start]);
const value = (model: ScriptModel, name: string): number | undefined => model.symbols.get(name)?.value;

describe('a GNU ld script', () => {
  it.each([
    ['1 + 2 * 3 - 4 / 2', 5],
    ['(1 + 2) * 3', 9],
    ['0x10 << 4 | 0b', undefined],
    ['64K + 1M', 0x110000],
    ['5 > 3 ? 0x20 : 0x30', 0x20],
    ['~0 & 0xff', 0xff],
    ['MAX(3, MIN(9, 7))', 7],
    ['ALIGN(0x1001, 0x1000)', 0x2000],
    ['ORIGIN(RAM) + LENGTH(RAM)', 0x24010000],
    ['DEFINED(later) ? 1 : 2', 1],
    ['unknown + 1', undefined],
    ['1 / 0', undefined],
    ['self + 1', undefined],
  ])('X = %s → %s', (expression, wanted) => {
    expect(value(read(`X = ${expression};\nself = X2; X2 = self;\nlater = 1;\nMEMORY { RAM (rw) : ORIGIN = 0x24000000, LENGTH = 64K }`, 'a.ld'), 'X')).toBe(wanted);
  });

  it('MEMORY in every spelling, regions of names and expressions → base and size', () => {
    const model = read(
      `base = 0x24000000; /* comment { } */
MEMORY
{
  A (rx)  : ORIGIN = base, LENGTH = 0x400
  B (!w)  : org = base + 0x400, len = 1K
  C : o = ORIGIN(B) + LENGTH(B), l = LENGTH(A) * 2
  "D"(rwx): ORIGIN = 0x30000000, LENGTH = (4 + 4) * 1K
}
REGION_ALIAS("ROM", A)
REGION_ALIAS("CODE", ROM)
SECTIONS { .text : { *(.text*) } >CODE }`,
      'a.ld',
    );
    expect(regions(model)).toEqual([['A', 0x24000000, 0x400], ['B', 0x24000400, 0x400], ['C', 0x24000800, 0x800], ['D', 0x30000000, 0x2000]]);
    expect(placed(model)).toEqual([['.text', 'A', 'code', undefined]]);
  });

  it('output sections → purpose and what the startup does', () => {
    const model = read(
      `MEMORY { F : ORIGIN = 0x70000400, LENGTH = 1K
 R : ORIGIN = 0x24000000, LENGTH = 1K }
SECTIONS
{
  .isr_vector : { KEEP(*(.isr_vector)) } >F
  .rodata : ALIGN(4) { *(.rodata*) } >F
  _sidata = LOADADDR(.data);
  .data : { _sdata = .; *(.data*) } >R AT> F
  .bss (NOLOAD) : { *(.bss*) *(COMMON) } >R
  .zero : { *(.bss.other) } >R
  .flag (NOLOAD) : { KEEP(*(.flag)) } >R
  .ramecchandlenoinit : { *(.ramecchandlenoinit) } >R
  ._user_heap_stack : { PROVIDE(end = .); . = . + 1K; } >R
  /DISCARD/ : { libc.a(*) }
  .ARM.attributes 0 : { *(.ARM.attributes) }
}`,
      'a.ld',
    );
    expect(placed(model)).toEqual([
      ['.isr_vector', 'F', 'vectors', 'copied'],
      ['.rodata', 'F', 'constants', undefined],
      ['.data', 'R', 'data', 'copied'],
      ['.bss', 'R', 'zeroed', 'left'],
      ['.zero', 'R', 'zeroed', 'zeroed'],
      ['.flag', 'R', 'flag', 'left'],
      ['.ramecchandlenoinit', 'R', 'handles', 'copied'],
      ['._user_heap_stack', 'R', 'reserve', 'left'],
    ]);
    expect(value(model, '_sdata')).toBe(0x24000000);
  });

  it('INCLUDE at the top, in MEMORY, in SECTIONS → followed, nothing of it edited; absent or of itself → a note', () => {
    const files = { 'top.ld': 'size = 2K;', 'mem.ld': 'RAM : ORIGIN = 0x24000000, LENGTH = size', 'sec.ld': '.bss : { *(.bss*) } >RAM', 'self.ld': 'INCLUDE self.ld' };
    const model = read('INCLUDE "top.ld"\nMEMORY { INCLUDE mem.ld\n}\nSECTIONS { INCLUDE sec.ld\n}', 'a.ld', files);
    expect(regions(model)).toEqual([['RAM', 0x24000000, 0x800]]);
    expect(placed(model)).toEqual([['.bss', 'RAM', 'zeroed', 'zeroed']]);
    expect([model.symbols.get('size')!.span, model.regions[0]!.origin]).toEqual([undefined, undefined]);
    expect(read('INCLUDE gone.ld\nx = 1;', 'a.ld').notes).toEqual([expect.stringContaining('includes gone.ld, which was not found')]);
    expect(read('INCLUDE self.ld\nx = 1;', 'a.ld', files).notes).toEqual([expect.stringContaining('nested too deeply')]);
  });
});

describe('an ILINK configuration file', () => {
  it('symbols, ranges, unions, blocks, placements → regions and what lies in them', () => {
    const model = read(
      `define symbol rom = 0x70000400; // start
define exported symbol top = 0x24000FFF;
define memory mem with size = 4G;
define region ROM = mem:[from rom size 0x1000];
define region RAM = mem:[from 0x24000000 to top] | mem:[from 0x30000000 size 16];
define block CSTACK with alignment = 8, size = 0x400 { };
define block ECC { section .ramecchandlenoinit };
initialize by copy { readwrite };
do not initialize { section .noinit, section .ramecc* };
place at address mem:rom { readonly section .intvec };
"P1": place in ROM { readonly };
place in RAM { readwrite, block CSTACK, block ECC, section .flag, section .noinit };`,
      'a.icf',
    );
    expect(regions(model)).toEqual([['ROM', 0x70000400, 0x1000], ['RAM', 0x24000000, 0x1000], ['RAM', 0x30000000, 16], ['address 10', 0x70000400, 4]]);
    expect(placed(model)).toEqual([
      ['.intvec', 'address 10', 'vectors', 'copied'],
      ['readonly', 'ROM', 'code', undefined],
      ['readonly', 'ROM', 'constants', undefined],
      ['readwrite', 'RAM', 'data', 'copied'],
      ['readwrite', 'RAM', 'zeroed', 'zeroed'],
      ['CSTACK', 'RAM', 'stack', 'left'],
      ['ECC', 'RAM', 'handles', 'left'],
      ['.flag', 'RAM', 'flag', 'zeroed'],
      ['.noinit', 'RAM', 'data', 'left'],
    ]);
  });

  it("include; a region that ends before it begins, one with a hole, a condition → a note; ST's symbols of external RAM → a region", () => {
    expect(regions(read('include "common.icf";\ndefine region R = mem:[from a size 4];', 'a.icf', { 'common.icf': 'define symbol a = 0x24000000;' }))).toEqual([['R', 0x24000000, 4]]);
    const model = read('define region A = mem:[from 8 to 4];\ndefine region B = mem:[from 0 size 16] - mem:[from 4 size 4];\nif (x) { define region C = mem:[from 32 size 4]; }\ndefine symbol __region_EXTRAM_start__ = 0x70000000;\ndefine symbol __region_EXTRAM_end__ = 0x71FFFFFF;', 'a.icf');
    expect(model.notes).toEqual(expect.arrayContaining([expect.stringMatching(/conditions are not followed/), expect.stringMatching(/region A cannot be evaluated, or ends before it begins/), expect.stringMatching(/taken out of a region is not followed/)]));
    expect(regions(model)).toEqual([['B', 0, 16], ['C', 32, 4], ['EXTRAM', 0x70000000, 0x2000000]]);
  });
});

describe('a scatter file', () => {
  it('macros, load and execution regions, attributes → regions and what lies in them', () => {
    const model = read(
      `#! armclang -E --target=arm-arm-none-eabi -xc
#define START 0x70000400 /* run slot */
#define SIZE  (0x2000 - 0x400)
; comment
LOAD START SIZE {
  ROM START SIZE { *.o (RESET, +First)
    .ANY (+RO) .ANY (+XO) }
  RAM 0x24000000 0x1000 { .ANY (+RW +ZI) }
  NEXT +0 { .ANY (+ZI) }
  FLAG 0x30007FA0 UNINIT 0x20 { *(.bss.flag) }
  ARM_LIB_STACK 0x24002000 EMPTY -0x400 { }
}`,
      'a.sct',
    );
    expect(regions(model)).toEqual([['LOAD', 0x70000400, 0x1c00], ['ROM', 0x70000400, 0x1c00], ['RAM', 0x24000000, 0x1000], ['NEXT', 0x24000000, 0], ['FLAG', 0x30007fa0, 0x20], ['ARM_LIB_STACK', 0x24001c00, 0x400]]);
    expect(placed(model)).toEqual([
      ['RESET', 'ROM', 'vectors', 'copied'],
      ['+RO', 'ROM', 'code', undefined],
      ['+XO', 'ROM', 'code', undefined],
      ['+RW+ZI', 'RAM', 'data', 'copied'],
      ['+RW+ZI', 'RAM', 'zeroed', 'zeroed'],
      ['+ZI', 'NEXT', 'zeroed', 'zeroed'],
      ['.bss.flag', 'FLAG', 'flag', 'left'],
      ['ARM_LIB_STACK', 'ARM_LIB_STACK', 'stack', 'left'],
    ]);
    expect([value(model, 'START'), value(model, 'SIZE')]).toEqual([0x70000400, 0x1c00]);
  });

  it('#include → its macros; absent, a macro with arguments, a condition → a note', () => {
    expect(regions(read('#include "regions.h"\nL BASE 16 { E BASE 16 { *(+RO) } }', 'a.sct', { 'regions.h': '#define BASE 0x1000' }))).toEqual([['L', 0x1000, 16], ['E', 0x1000, 16]]);
    const { notes } = read('#include "gone.h"\n#define F(x) x\n#if 1\n#endif\nL 0 16 { E 0 16 { *(+RO) } }', 'a.sct');
    expect(notes).toEqual([expect.stringContaining('gone.h'), expect.stringContaining('with arguments'), expect.stringContaining('conditions')]);
  });
});

describe('a hostile script', () => {
  const doubling = (line: (index: number) => string, last: string): string => [...Array.from({ length: 40 }, (_, index) => line(index)), last].join('\n');

  it.each([
    ['definitions that double the work with each line, GNU ld', 'a.ld', doubling((i) => `s${i} = s${i + 1} + s${i + 1};`, 's40 = 1; MEMORY { R : ORIGIN = s20, LENGTH = 4 }')],
    ['the same, ILINK', 'a.icf', doubling((i) => `define symbol s${i} = s${i + 1} + s${i + 1};`, 'define symbol s40 = 1; define region R = mem:[from 0 size 4];')],
    ['the same, armlink', 'a.sct', doubling((i) => `#define s${i} s${i + 1} + s${i + 1}`, '#define s40 1\nL 0 4 { E 0 4 { *(+RO) } }')],
    ['brackets without an end', 'a.ld', `x = ${'('.repeat(20_000)}1;\nMEMORY { R : ORIGIN = 0, LENGTH = 4 }`],
    ['comments without an end', 'a.icf', `define region R = mem:[from 0 size 4];${'/*'.repeat(20_000)}`],
    ['words without an end', 'a.sct', `${'a 0 '.repeat(20_000)}\nL 0 4 { E 0 4 { *(+RO) } }`],
  ])('%s → read in no time', (_what, name, text) => {
    const started = process.cpuUsage();
    expect(read(text, name).regions.length).toBeGreaterThan(0);
    const { user, system } = process.cpuUsage(started);
    expect((user + system) / 1e6).toBeLessThan(3);
  });

  it.each([
    ['binary data', 'MEMORY { \0 }', /binary data/],
    ['too long', ' '.repeat((4 << 20) + 1), /too large/],
    ['no region', 'int main(void);', /no memory region/],
    ['nothing', '', /no memory region/],
  ])('%s → linker-script', (_what, text, message) => {
    for (const name of ['a.ld', 'a.icf', 'a.sct']) {
      let thrown: unknown;
      try {
        read(text, name);
      } catch (error) {
        thrown = error;
      }
      expect(isHarnessError(thrown) && [thrown.code, thrown.kind, thrown.message]).toEqual(['linker-script', 'usage', expect.stringMatching(message)]);
    }
  });
});
