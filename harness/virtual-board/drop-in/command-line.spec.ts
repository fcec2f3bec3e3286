import { describe, expect, it } from '@jest/globals';
import { parseCommandLine } from './command-line.js';
import { ToolError } from './tool-error.js';

const parse = (text: string): ReturnType<typeof parseCommandLine> => parseCommandLine(text.split(' ').filter((word) => word !== ''));

describe('arguments of the tool', () => {
  it("ST's first call of the OPEN flow → connect, option bytes, erase, in this order", () => {
    const { commands } = parse('-c port=SWD speed=fast ap=1 mode=UR -ob WRPS0=1 HDP_AREA_START=1 HDP_AREA_END=0 -e all');
    expect(commands.map(({ kind }) => kind)).toEqual(['connect', 'option-bytes-write', 'erase']);
    expect(commands[1]).toEqual({ kind: 'option-bytes-write', values: [{ name: 'WRPS0', value: 1 }, { name: 'HDP_AREA_START', value: 1 }, { name: 'HDP_AREA_END', value: 0 }] });
    expect(commands[2]).toEqual({ kind: 'erase', sectors: 'all' });
  });

  it('a download with loader and --verify → one verified download; the loader belongs to the call', () => {
    expect(parse('-c port=SWD -el /a/b/x.stldr -d image.hex --verify')).toMatchObject({
      externalLoader: '/a/b/x.stldr',
      commands: [{ kind: 'connect' }, { kind: 'download', file: 'image.hex', address: undefined, verify: true }],
    });
  });

  it('an address with or without 0x → hexadecimal, as ST writes 0x8000000 and 8000000', () => {
    for (const address of ['0x8000000', '8000000']) expect(parse(`-c port=SWD -d a.bin ${address}`).commands[1]).toMatchObject({ address: 0x8000000, verify: false });
  });

  it.each([
    ['-e [0 3]', [0, 1, 2, 3]],
    ['-e [ 2 2 ]', [2]],
    ['-e 5 7', [5, 7]],
  ])('%s → sectors', (text, sectors) => {
    expect(parse(text).commands).toEqual([{ kind: 'erase', sectors }]);
  });

  it('-c behind other commands → first all the same', () => {
    expect(parse('-rst -c port=SWD').commands.map(({ kind }) => kind)).toEqual(['connect', 'reset']);
  });

  it('-r32 without a size → one word; -r with file → an upload; case of options does not matter', () => {
    expect(parse('-r32 0x20000000 -R 0x08000000 16 out.bin -HARDRST -vb 3').commands).toEqual([
      { kind: 'read', width: 4, address: 0x20000000, count: 4 },
      { kind: 'upload', address: 0x08000000, size: 16, file: 'out.bin' },
      { kind: 'reset', how: 'hardware' },
    ]);
  });

  it.each([
    '-frobnicate', 'word', '-c port', '-ob', '-ob WRPS0', '-ob WRPS0=1=2', '-ob WRPS0=x', '-e', '-e [3 1]', '-e [0', '-e -1', '-d', '-d a.bin zz', '-v', '-sdp', '-r 0x0 16',
    '-r 0x0 0x1ffffffff f', '-w32 0x0', '-el',
  ])('%s → refused', (text) => {
    expect(() => parse(text)).toThrow(ToolError);
  });
});
