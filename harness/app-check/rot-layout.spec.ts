import { describe, expect, it } from '@jest/globals';
import { loadKit } from '../board/index.js';
import { readRotLayout } from './rot-layout.js';

const kit = loadKit('stm32h7s78-dk');
const properties = (change: Readonly<Record<string, string>> = {}): string =>
  Object.entries({ BootPathType: '', bootPath: 'OEMiROT', RUN_CODE_REGION_START: '0x70000000', RUN_CODE_REGION_SIZE: '0x200000', CODE_REGION_START: '0x90000000', CODE_REGION_SIZE: '0x200000', DOWNLOAD_CODE_REGION_START: '0x90200000', DOWNLOAD_CODE_REGION_SIZE: '0x200000', SCRATCH_REGION_START: '0x90400000', SCRATCH_REGION_SIZE: '0x0', MCUBOOT_OVERWRITE_ONLY: '1', HEADER_SIZE: '0x400', ...change })
    .map(([name, value]) => `${name}=${value}`)
    .join('\n');

describe('the layout of a root of trust', () => {
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
    ['another text', 'hello', /none of the files/],
    ['nothing', '', /none of the files/],
  ])('%s → rot-config', async (_, text, message) => {
    await expect(readRotLayout(text, 'x', kit)).rejects.toMatchObject({ code: 'rot-config', kind: 'usage', message: expect.stringMatching(message) });
  });
});
