import { describe, expect, it } from '@jest/globals';
import { chooseConfiguration, loadKit } from '../board/index.js';
import { readRotLayout, withRotLayout } from './rot-layout.js';

const kit = loadKit('stm32h7s78-dk');
const properties = (change: Readonly<Record<string, string>> = {}): string =>
  Object.entries({ BootPathType: '', bootPath: 'OEMiROT', RUN_CODE_REGION_START: '0x70000000', RUN_CODE_REGION_SIZE: '0x200000', CODE_REGION_START: '0x90000000', CODE_REGION_SIZE: '0x200000', DOWNLOAD_CODE_REGION_START: '0x90200000', DOWNLOAD_CODE_REGION_SIZE: '0x200000', SCRATCH_REGION_START: '0x90400000', SCRATCH_REGION_SIZE: '0x0', MCUBOOT_OVERWRITE_ONLY: '1', HEADER_SIZE: '0x400', ...change })
    .map(([name, value]) => `${name}=${value}`)
    .join('\n');

/** Layout as in ST's flash_layout.h: conditions, macros of macros, one commented out. Written for this spec. */
const header = (change: Readonly<Record<string, string>> = {}): string => {
  const text = `/* #define MCUBOOT_OVERWRITE_ONLY in a comment is none */
/*#define OEMUROT_ENABLE*/
#define NO_LOAD_AND_RUN (0)
#define LOAD_AND_RUN_INT_RAM (1)
#define LOAD_AND_RUN_EXT_RAM (2)
#define OEMIROT_LOAD_AND_RUN LOAD_AND_RUN_EXT_RAM /*!< how */
#define MCUBOOT_OVERWRITE_ONLY // overwrite
#if defined(STM32H7S3xx) || defined(STM32H7S7xx)
#define EXT_FLASH_BASE_ADDRESS (0x90000000)
#define EXT_RAM_BASE_ADDRESS (0x70000000)
#else
#define EXT_FLASH_BASE_ADDRESS (0x70000000)
#define EXT_RAM_BASE_ADDRESS (0x90000000)
#endif
#if (OEMIROT_LOAD_AND_RUN == LOAD_AND_RUN_INT_RAM)
#define SLOT (0x00020000)
#else
#define SLOT \\
  (0x00200000)
#endif
#define FLASH_AREA_0_OFFSET 0x0
#define FLASH_AREA_0_SIZE (SLOT)
#define FLASH_AREA_2_OFFSET (FLASH_AREA_0_OFFSET + FLASH_AREA_0_SIZE)
#define FLASH_AREA_2_SIZE FLASH_AREA_0_SIZE
#define FLASH_AREA_SCRATCH_OFFSET (FLASH_AREA_2_OFFSET + FLASH_AREA_2_SIZE)
#ifdef MCUBOOT_OVERWRITE_ONLY
#define FLASH_AREA_SCRATCH_SIZE 0
#else
#define FLASH_AREA_SCRATCH_SIZE 0x10000
#endif
#define FLASH_AREA_BL2_OFFSET 0x0
#define FLASH_AREA_BL2_SIZE 0x10000
`;
  return Object.entries(change).reduce((now, [from, to]) => now.replace(from, to), text);
};

const stirot = (change: Readonly<Record<string, string>> = {}): string => {
  const field = (kind: string, name: string, value: string): string => `<${kind}><Name>${name}</Name><Value>${change[name] ?? value}</Value></${kind}>`;
  return `<?xml version="1.0"?><Root><Info><Title>no name here</Title></Info><Obdata>${field('Bool', 'SRAM ECC management activation', '0x01')}${field('Data', 'Firmware area address (in internal RAM)', '0x24000000')}${field('Data', 'Firmware area size', '0x20000')}${field('Data', 'Firmware installation area address (in external flash)', '0x90000000')}${field('Data', 'Firmware download area address (in external flash)', '0x90020000')}${field('List', 'STiROT_iLoader offset', '0x0')}${field('Data', 'STiROT_iLoader size', '0x6000')}</Obdata></Root>`;
};

describe('the layout of a root of trust', () => {
  it('flash_layout.h → slots through its conditions and macros, the protection of the code in flash', async () => {
    const layout = await readRotLayout(header(), 'flash_layout.h', kit);
    expect(layout).toMatchObject({ bootPath: 'oemirot', mode: 'overwrite', exec: 'ext-ram', headerSize: 0x400, layout: { primary: { base: 0x90000000, size: 0x200000 }, secondary: { base: 0x90200000, size: 0x200000 }, run: { base: 0x70000000, size: 0x200000 }, runAddress: 0x70000400 } });
    expect(layout.layout.scratch).toBeUndefined();
    expect(layout.optionBytes).toMatchObject({ WRPS0: 0, WRPS7: 0, HDP_AREA_START: 0, HDP_AREA_END: 0xff });
  });

  it.each([
    ['swap in place', { '#define MCUBOOT_OVERWRITE_ONLY //': '/*#define MCUBOOT_OVERWRITE_ONLY*/ //', 'LOAD_AND_RUN LOAD_AND_RUN_EXT_RAM': 'LOAD_AND_RUN NO_LOAD_AND_RUN' }, { mode: 'swap', exec: 'xip', layout: { scratch: { base: 0x90400000, size: 0x10000 }, runAddress: 0x90000400 } }],
    ['internal RAM', { 'LOAD_AND_RUN LOAD_AND_RUN_EXT_RAM': 'LOAD_AND_RUN LOAD_AND_RUN_INT_RAM' }, { exec: 'int-ram', layout: { primary: { size: 0x20000 }, run: { base: 0x24040000, size: 0x20000 }, runAddress: 0x24040400 } }],
    ['OEMuRoT', { '/*#define OEMUROT_ENABLE*/': '#define OEMUROT_ENABLE' }, { bootPath: 'stirot-oemurot' }],
    ['a smaller boot', { 'BL2_SIZE 0x10000': 'BL2_SIZE 0x6000' }, { optionBytes: { WRPS2: 0, WRPS3: 1, HDP_AREA_END: 0x5f } }],
  ])('flash_layout.h for %s', async (_, change, wanted) => {
    expect(await readRotLayout(header(change as Record<string, string>), 'flash_layout.h', kit)).toMatchObject(wanted);
  });

  it('STiROT_Config.xml → one slot size, the iLoader protected, ECC', async () => {
    expect(await readRotLayout(stirot(), 'STiROT_Config.xml', kit)).toMatchObject({
      bootPath: 'stirot', mode: 'overwrite', exec: 'int-ram',
      layout: { primary: { base: 0x90000000, size: 0x20000 }, secondary: { base: 0x90020000, size: 0x20000 }, run: { base: 0x24000000, size: 0x20000 }, runAddress: 0x24000400 },
      optionBytes: { WRPS0: 0, WRPS2: 0, WRPS3: 1, ECC_ON_SRAM: 1 },
    });
    expect(await readRotLayout(stirot({ 'SRAM ECC management activation': '0x00', 'Firmware area size': '0x40000' }), 'STiROT_Config.xml', kit)).toMatchObject({ layout: { run: { size: 0x40000 } }, optionBytes: { ECC_ON_SRAM: 0 } });
  });

  it('a configuration with it → its slots, header and option bytes, the rest of the kit', async () => {
    const { path, layout } = withRotLayout(chooseConfiguration(kit, { bootPath: 'stirot' }), await readRotLayout(stirot({ 'Firmware area size': '0x40000' }), 'x.xml', kit));
    expect(layout.secondary.size).toBe(0x40000);
    expect(path.optionBytes).toMatchObject({ IROT_SELECT: 0xb4, WRPS0: 0, ECC_ON_SRAM: 1 });
  });

  it('map.properties → slots, execution mode and run address', async () => {
    expect(await readRotLayout(properties(), 'map.properties', kit)).toEqual({
      bootPath: 'oemirot',
      mode: 'overwrite',
      exec: 'ext-ram',
      headerSize: 0x400,
      layout: { exec: 'ext-ram', primary: { base: 0x90000000, size: 0x200000 }, secondary: { base: 0x90200000, size: 0x200000 }, run: { base: 0x70000000, size: 0x200000 }, runAddress: 0x70000400, modes: ['overwrite'] },
    });
    expect(await readRotLayout(properties({ MCUBOOT_OVERWRITE_ONLY: '0', RUN_CODE_REGION_START: '0x90000000' }), 'map.properties', kit)).toMatchObject({ mode: 'swap', exec: 'xip', layout: { runAddress: 0x90000400 } });
  });

  it.each([
    ['a value missing', properties({ CODE_REGION_SIZE: '' }), /CODE_REGION_SIZE is missing/],
    ['a slot no larger than its header', properties({ RUN_CODE_REGION_SIZE: '0x400' }), /run area .* is impossible/],
    ['a slot over the end of the address space', properties({ DOWNLOAD_CODE_REGION_START: '0xfff00000' }), /secondary area .* is impossible/],
    ['a header without a slot', header({ '#define FLASH_AREA_0_SIZE (SLOT)': '' }), /FLASH_AREA_0_SIZE is missing/],
    ['a macro of itself', header({ '#define FLASH_AREA_0_SIZE (SLOT)': '#define FLASH_AREA_0_SIZE FLASH_AREA_0_SIZE' }), /FLASH_AREA_0_SIZE is missing/],
    ['an execution mode that there is not', header({ 'LOAD_AND_RUN LOAD_AND_RUN_EXT_RAM': 'LOAD_AND_RUN 7' }), /OEMIROT_LOAD_AND_RUN is none/],
    ['an XML without an address', stirot().replace('Firmware area address', 'Another address'), /"Firmware area address \(in internal RAM\)" is missing/],
    ['an XML with a word for a size', stirot({ 'Firmware area size': 'large' }), /"Firmware area size" is missing, or no number/],
    ['another text', 'hello', /none of the files/],
    ['nothing', '', /none of the files/],
  ])('%s → rot-config', async (_, text, message) => {
    await expect(readRotLayout(text, 'x', kit)).rejects.toMatchObject({ code: 'rot-config', kind: 'usage', message: expect.stringMatching(message) });
  });
});
