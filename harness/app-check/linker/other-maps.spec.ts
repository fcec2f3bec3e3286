import { describe, expect, it } from '@jest/globals';
import { applicationFromImage } from '../from-image.js';
import { found, surroundings } from '../testing/surroundings.js';
import type { LinkerMap } from './map-model.js';
import { readLinkerMap } from './read-map.js';

/** One application as two linkers tell of it: in the form of their published maps, with the addresses of this chip. */
const armlink = `Component: Arm Compiler for Embedded 6.19 Tool: armlink [5e73cb00]

==============================================================================

Section Cross References

    main.o(.text.main) refers to startup.o(RESET) for Reset_Handler

==============================================================================

Image Symbol Table

    Local Symbols

    Symbol Name                              Value     Ov Type        Size  Object(Section)

    RESET                                    0x70000400   Section      256  startup.o(RESET)
    quiet                                    0x70000511   Thumb Code    16  main.o(.text.quiet)

    Global Symbols

    Symbol Name                              Value     Ov Type        Size  Object(Section)

    Reset_Handler                            0x70000501   Thumb Code     8  startup.o(.text)
    Image$$RW_EXTRAM$$Base                   0x70000000   Number         0  anon$$obj.o ABSOLUTE

==============================================================================

Memory Map of the image

  Image Entry point : 0x70000501

  Load Region LOAD_FLASH (Base: 0x70000400, Size: 0x00000128, Max: 0x001ffc00, ABSOLUTE)

    Execution Region ER_ROM (Exec base: 0x70000400, Load base: 0x70000400, Size: 0x00000124, Max: 0x001ffc00, ABSOLUTE)

    Exec Addr    Load Addr    Size         Type   Attr      Idx    E Section Name        Object

    0x70000400   0x70000400   0x00000100   Data   RO            3    RESET               startup.o
    0x70000500   0x70000500   0x00000010   Code   RO            4  * .text               startup.o
    0x70000510   0x70000510   0x00000010   Code   RO           12    .text.quiet         main.o
    0x70000520   0x70000520   0x00000004   Data   RO           13    .rodata.str         main.o


    Execution Region RW_SRAM2AHB (Exec base: 0x30004000, Load base: 0x70000524, Size: 0x00000410, Max: 0x00003b80, ABSOLUTE)

    Exec Addr    Load Addr    Size         Type   Attr      Idx    E Section Name        Object

    0x30004000   0x70000524   0x00000004   Data   RW           14    .data.counter       main.o
    0x30004004        -       0x00000008   Zero   RW           15    .bss.buffer         main.o
    0x30004010        -       0x00000400   Zero   RW            1    STACK               startup.o


    Execution Region RW_CONF_FLAG (Exec base: 0x30007fa0, Load base: 0x70000528, Size: 0x00000010, Max: 0x00000020, ABSOLUTE, UNINIT)

    Exec Addr    Load Addr    Size         Type   Attr      Idx    E Section Name        Object

    0x30007fa0        -       0x00000010   Zero   RW           16    .bss.flag           main.o


    Execution Region RW_EXTRAM (Exec base: 0x70000000, Load base: 0x70000528, Size: 0x00000000, Max: 0x00200000, ABSOLUTE)

    **** No section assigned to this execution region ****


==============================================================================

Image component sizes

      Code (inc. data)   RO Data    RW Data    ZI Data      Debug   Object Name
`;

const ilink = `###############################################################################
#
# IAR ELF Linker V9.40.1.364/W64 for ARM                  29/Nov/2026  10:00:00
#
###############################################################################

*******************************************************************************
*** RUNTIME MODEL ATTRIBUTES
***

CppFlavor       = *

*******************************************************************************
*** PLACEMENT SUMMARY
***

"A0":  place at address 0x7000'0400 { ro section .intvec };
"P1":  place in [from 0x7000'0400 to 0x701f'ffff] { ro };
define block CSTACK with size = 1K, alignment = 8 { };
"P2":  place in [from 0x3000'4000 to 0x3000'7b7f] {
          rw, block CSTACK };
"P3":  place in [from 0x3000'7fa0 to 0x3000'7fbf] { rw section .flag };
"P4":  place in [from 0x7000'0000 to 0x701f'ffff] { section extram };
initialize by copy { rw };

  Section            Kind         Address    Size  Object
  -------            ----         -------    ----  ------
"A0":                                       0x100
  .intvec            ro code  0x7000'0400   0x100  startup.o [1]
                            - 0x7000'0500   0x100

"P1":                                        0x24
  .text              ro code  0x7000'0500    0x10  startup.o [1]
  .text              ro code  0x7000'0510    0x10  main.o [1]
  .rodata            const    0x7000'0520     0x4  main.o [1]
  Initializer bytes  const    0x7000'0524     0x4  <for P2-1>
                            - 0x7000'0528    0x28

"P2", part 1 of 3:                            0x4
  P2-1                        0x3000'4000     0x4  <Init block>
    .data            inited   0x3000'4000     0x4  main.o [1]
                            - 0x3000'4004     0x4

"P2", part 2 of 3:                            0x8
  .bss               zero     0x3000'4004     0x8  main.o [1]
                            - 0x3000'400c     0x8

"P2", part 3 of 3:                          0x400
  CSTACK                      0x3000'4010   0x400  <Block>
    CSTACK           uninit   0x3000'4010   0x400  <Block tail>
                            - 0x3000'4410   0x400

"P3":                                        0x10
  .flag              uninit   0x3000'7fa0    0x10  main.o [1]
                            - 0x3000'7fb0    0x10

*******************************************************************************
*** ENTRY LIST
***

Entry                      Address   Size  Type      Object
-----                      -------   ----  ----      ------
.iar.init_table$$Base  0x7000'0520          --   Gb  - Linker created -
Reset_Handler          0x7000'0501    0x8  Code  Wk  startup.o [1]
a_function_with_a_name_that_takes_the_whole_line
                       0x7000'0511   0x10  Code  Lc  main.o [1]

[1] = C:\\project\\obj

  32 bytes of readonly  code memory
`;

const brief = ({ sections }: LinkerMap): unknown => sections.map(({ name, address, size, role, start }) => [name.split(' in ')[1], address, size, role, start]);

describe.each([
  ['armlink', armlink, ['ER_ROM', 'RW_SRAM2AHB', 'RW_CONF_FLAG', 'RW_EXTRAM']],
  ['ILINK', ilink, ['P1', 'P2', 'P3', 'P4']],
])('a map of %s', (tool, map, [rom, ram, flag, extram]) => {
  it('sections by region with their purpose and what the startup does; neighbours are one', () => {
    const vectors = tool === 'ILINK' ? 'A0' : rom;
    const constants = tool === 'ILINK' ? 8 : 4;
    expect(brief(readLinkerMap(map, 'app.map'))).toEqual([
      [vectors, 0x70000400, 0x100, 'vectors', 'copied'],
      [rom, 0x70000500, 0x20, 'code', 'copied'],
      [rom, 0x70000520, constants, 'constants', 'copied'],
      [ram, 0x30004000, 4, 'data', 'copied'],
      [ram, 0x30004004, 8, 'zeroed', 'zeroed'],
      [ram, 0x30004010, 0x400, 'stack', 'left'],
      [flag, 0x30007fa0, 0x10, 'flag', 'left'],
    ]);
  });

  it('regions with all that they may hold, the one without a section too', () => {
    const regions = readLinkerMap(map, 'app.map').regions.filter(({ load }) => load !== true).map(({ name, base, size, roles }) => [name, base, size, roles.length > 0]);
    const romEnd = 0x70200000;
    const base = 0x70000400;
    expect(regions).toEqual(expect.arrayContaining([[rom, base, romEnd - base, true], [flag, 0x30007fa0, 0x20, true], [extram, 0x70000000, 0x200000, false]]));
  });

  it('functions by name, without their Thumb bit', () => {
    const { symbols } = readLinkerMap(map, 'app.map');
    expect(symbols.get('Reset_Handler')).toMatchObject({ value: 0x70000500, size: 8, kind: 'function', weak: tool === 'ILINK' });
    const other = tool === 'ILINK' ? 'a_function_with_a_name_that_takes_the_whole_line' : 'quiet';
    expect(symbols.get(other)).toMatchObject({ value: 0x70000510, size: 16, kind: 'function' });
  });

  it('beside a .bin → the empty region over the code is found, the flag left alone; the region elsewhere → not', () => {
    const bytes = new Uint8Array(0x128);
    new DataView(bytes.buffer).setUint32(0, 0x30004410, true);
    new DataView(bytes.buffer).setUint32(4, 0x70000501, true);
    const judged = (text: string): readonly string[] => found(applicationFromImage([{ address: 0x70000400, bytes }], 'app.bin', readLinkerMap(text, 'app.map')), surroundings());
    expect(judged(map)).toContain('warning ram-over-code');
    expect(judged(map).filter((each) => each.startsWith('error'))).toEqual([]);
    const apart = map.replace("0x7000'0000 to 0x701f'ffff] { section", "0x7020'0000 to 0x703f'ffff] { section").replace('RW_EXTRAM (Exec base: 0x70000000', 'RW_EXTRAM (Exec base: 0x70200000');
    expect(judged(apart)).not.toContain('warning ram-over-code');
    const zeroed = map.replace(', UNINIT', '').replace('.flag              uninit', '.flag              zero  ');
    expect(judged(zeroed)).toContain('warning confirmation-flag-noload');
  });

  it('Windows line ends → the same; cut short → linker-map', () => {
    expect(readLinkerMap(map.replace(/\n/g, '\r\n'), 'app.map')).toEqual(readLinkerMap(map, 'app.map'));
    const cut = map.slice(0, map.indexOf(tool === 'ILINK' ? '"A0":     ' : '  Load Region'));
    expect(() => readLinkerMap(cut, 'app.map')).toThrow(expect.objectContaining({ code: 'linker-map', kind: 'usage', message: expect.stringMatching(/lists no section/) }));
  });
});

describe('another text', () => {
  it.each([
    ['hello\n', /no map of GNU ld, ILINK or armlink/],
    ['', /no map of GNU ld, ILINK or armlink/],
    ['Component: ARM Compiler 5.06 Tool: armlink [4d3621]\n', /no "Memory Map of the image"/],
    ['# IAR ELF Linker V9.40\n', /no "PLACEMENT SUMMARY"/],
    ['Memory Configuration\n\n', /no whole map of GNU ld/],
  ])('%j → linker-map', (text, message) => {
    expect(() => readLinkerMap(text, 'x.map')).toThrow(expect.objectContaining({ code: 'linker-map', message: expect.stringMatching(message) }));
  });
});
