import { describe, expect, it } from '@jest/globals';
import { applicationFromImage } from '../from-image.js';
import { found, surroundings } from '../testing/surroundings.js';
import { readGnuMap } from './gnu-map.js';

const map = `Archive member included to satisfy reference by file (symbol)

Discarded input sections

 .text          0x00000000        0x4 lost.o

Memory Configuration

Name             Origin             Length             Attributes
FLASH            0x70000400         0x001ffc00         xr
RAM              0x24000000         0x00010000         xrw
A_REGION_OF_ITS_OWN 0x70000000         0x00400000         rw
*default*        0x00000000         0xffffffff

Linker script and memory map

LOAD main.o
START GROUP
                0x24010000                        _estack = (ORIGIN (RAM) + LENGTH (RAM))
                [!provide]                        PROVIDE (__absent = .)

.isr_vector     0x70000400      0x100
 *(.isr_vector)
                0x70000400                g_pfnVectors
.text           0x70000500       0x20
 .text.Reset_Handler
                0x70000500       0x10 main.o
                0x70000500                Reset_Handler
 .text.quiet    0x70000510       0x10 main.o
.a_section_with_a_long_name
                0x70000520        0x4
.data           0x24000000        0x4 load address 0x70000524
                0x24000000                        _sdata = .
.bss            0x24000004        0x8 load address 0x70000528
                0x24000004                        _sbss = .
                0x2400000c                        _ebss = .
.flag           0x30007fa0        0x0
.comment        0x00000000       0x26
OUTPUT(app.elf elf32-littlearm)

Cross Reference Table
.ghost          0x70000600        0x4
`;

describe('a map of GNU ld', () => {
  it('regions, output sections, symbols → read; discarded, unallocated and unprovided ones → left out', () => {
    const { regions, sections, symbols } = readGnuMap(map, 'app.map');
    expect(sections.map(({ name, address, size, loadAddress, role }) => [name, address, size, loadAddress, role])).toEqual([
      ['.isr_vector', 0x70000400, 0x100, 0x70000400, 'vectors'],
      ['.text', 0x70000500, 0x20, 0x70000500, 'code'],
      ['.a_section_with_a_long_name', 0x70000520, 4, 0x70000520, 'constants'],
      ['.data', 0x24000000, 4, 0x70000524, 'data'],
      ['.bss', 0x24000004, 8, 0x70000528, 'zeroed'],
      ['.flag', 0x30007fa0, 0, 0x30007fa0, 'flag'],
    ]);
    expect(regions).toEqual([
      { name: 'FLASH', base: 0x70000400, size: 0x1ffc00, roles: ['vectors', 'code', 'constants'] },
      { name: 'RAM', base: 0x24000000, size: 0x10000, roles: ['data', 'zeroed'] },
      { name: 'A_REGION_OF_ITS_OWN', base: 0x70000000, size: 0x400000, roles: [] },
    ]);
    expect([...symbols.values()].map(({ name, value, kind }) => [name, value, kind])).toEqual([
      ['_estack', 0x24010000, 'constant'],
      ['g_pfnVectors', 0x70000400, 'label'],
      ['Reset_Handler', 0x70000500, 'function'],
      ['quiet', 0x70000510, 'function'],
      ['_sdata', 0x24000000, 'label'],
      ['_sbss', 0x24000004, 'label'],
      ['_ebss', 0x2400000c, 'label'],
    ]);
  });

  it('Windows line ends → the same', () => {
    expect(readGnuMap(map.replace(/\n/g, '\r\n'), 'app.map')).toEqual(readGnuMap(map, 'app.map'));
  });

  it('beside a .bin → the region that leaves no section is found over the code, data is copied, bss zeroed', () => {
    const bytes = new Uint8Array(0x128);
    new DataView(bytes.buffer).setUint32(0, 0x24010000, true);
    new DataView(bytes.buffer).setUint32(4, 0x70000501, true);
    const application = applicationFromImage([{ address: 0x70000400, bytes }], 'app.bin', readGnuMap(map, 'app.map'));
    expect(application.extents.map(({ name, start }) => [name, start])).toEqual([
      ['section .isr_vector', 'copied'],
      ['section .text', 'copied'],
      ['section .a_section_with_a_long_name', 'copied'],
      ['section .data', 'copied'],
      ['section .bss', 'zeroed'],
      ['section .flag', undefined],
    ]);
    expect(found(application, surroundings())).toContain('warning ram-over-code');
    const apart = readGnuMap(map.replace('0x70000000         0x00400000', '0x70200000         0x00200000'), 'app.map');
    expect(found(applicationFromImage([{ address: 0x70000400, bytes }], 'app.bin', apart), surroundings())).not.toContain('warning ram-over-code');
  });

  it.each([
    ['a map cut short', map.slice(0, map.indexOf('.isr_vector')), /lists no output section/],
  ])('%s → linker-map', (_, text, message) => {
    expect(() => readGnuMap(text, 'x.map')).toThrow(expect.objectContaining({ code: 'linker-map', kind: 'usage', message: expect.stringMatching(message) }));
  });
});
