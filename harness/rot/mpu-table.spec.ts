import { describe, expect, it } from '@jest/globals';
import { loadKit, rotConfiguration } from '../board/index.js';
import { applicationMpuTable, stirotMpuTable } from './mpu-table.js';

const kit = loadKit('stm32h7s78-dk');
const shipped = rotConfiguration(kit, { bootPath: 'oemirot', mode: 'overwrite', exec: 'ext-ram' });

/** RASR taken apart by hand: what the Armv7-M manual says of each field. */
const decode = (rasr: number) => ({
  enabled: (rasr & 1) === 1,
  size: 2 ** (((rasr >>> 1) & 0x1f) + 1),
  srd: (rasr >>> 8) & 0xff,
  texscb: [(rasr >>> 19) & 7, (rasr >>> 18) & 1, (rasr >>> 17) & 1, (rasr >>> 16) & 1],
  ap: (rasr >>> 24) & 7,
  xn: (rasr >>> 28) & 1,
});

describe('MPU table at the application’s first instruction (ext-ram)', () => {
  const table = applicationMpuTable(kit, shipped, 'current');
  const KB = 1024;
  const MB = KB * KB;
  // number, base, size, AP, XN, [TEX, S, C, B], SRD
  const expected: readonly (readonly [number, number, number, number, number, readonly number[], number])[] = [
    [0, 0x20000000, 64 * KB, 1, 1, [1, 0, 1, 1], 0],
    [1, 0x90000000, 128 * MB, 3, 1, [0, 1, 0, 0], 0],
    [2, 0x70000000, 32 * MB, 3, 1, [0, 1, 0, 0], 0],
    [5, 0x20000000, 512 * MB, 1, 1, [1, 0, 1, 1], 0],
    [6, 0x08000000, 64 * KB, 5, 0, [0, 0, 1, 0], 0],
    [8, 0x40000000, 512 * MB, 1, 1, [0, 0, 0, 1], 0],
    [10, 0x1ff00000, 128 * KB, 5, 1, [1, 0, 0, 0], 0],
    [11, 0x1ff16000, 8 * KB, 5, 0, [0, 0, 1, 0], 3],
    [12, 0x52000000, 8 * KB, 0, 1, [0, 0, 0, 1], 0],
    [13, 0x30007f80, 128, 1, 1, [1, 0, 0, 0], 0],
    [14, 0x70000000, 2 * MB, 5, 0, [1, 1, 1, 1], 0],
  ];

  it('holds exactly the enabled regions 0, 1, 2, 5, 6, 8, 10 to 14', () => {
    expect(table.map((region) => region.number)).toEqual(expected.map(([number]) => number));
  });

  it.each(expected)('region %i → base, size, access and attributes as in OEMiROT_Boot', (number, base, size, ap, xn, texscb, srd) => {
    const region = table.find((candidate) => candidate.number === number)!;
    expect(region.base).toBe(base);
    expect(decode(region.rasr)).toEqual({ enabled: true, size, srd, texscb, ap, xn });
    expect(region.base % size).toBe(0);
  });

  it('encodes region 14 as the register value that the application reads', () => {
    expect(table.find((region) => region.number === 14)!.rasr).toBe(0x050f0029);
  });
});

describe('MPU table of the older release', () => {
  it('differs in region 5 alone, which opens 0x30004000 to 0x30007000', () => {
    const current = applicationMpuTable(kit, shipped, 'current');
    const older = applicationMpuTable(kit, shipped, 'ahb-sram2');
    const differing = older.filter((region, i) => region.base !== current[i].base || region.rasr !== current[i].rasr);
    expect(differing.map((region) => region.number)).toEqual([5]);
    const { size, srd, ap, xn } = decode(differing[0].rasr);
    const subregions = [...Array(8).keys()].filter((i) => ((srd >>> i) & 1) === 0);
    expect({ ap, xn, from: differing[0].base + (subregions[0] * size) / 8, to: differing[0].base + ((subregions.at(-1)! + 1) * size) / 8 }).toEqual({
      ap: 1,
      xn: 1,
      from: 0x30004000,
      to: 0x30007000,
    });
  });
});

describe('MPU table of the other configurations', () => {
  const kits = ['stm32h7s78-dk', 'nucleo-h7s3l8'] as const;
  const differing = (of: Parameters<typeof applicationMpuTable>[1]) => {
    const usual = applicationMpuTable(kit, shipped, 'current');
    return applicationMpuTable(kit, of, 'current').filter((region, i) => region.base !== usual[i].base || region.rasr !== usual[i].rasr);
  };

  it.each(kits.flatMap((id) => [[id, 'xip', 0x90000000, 0x200000, 0x050f0029], [id, 'int-ram', 0x24040000, 0x20000, 0x050f0021]] as const))(
    '%s, %s → region 14 covers the code, the others are as in external RAM',
    (id, exec, base, size, rasr) => {
      for (const mode of ['overwrite', 'swap'] as const) {
        const [region, ...others] = differing(rotConfiguration(loadKit(id), { bootPath: 'oemirot', mode, exec }));
        expect(others).toEqual([]);
        expect(region).toMatchObject({ number: 14, base, rasr });
        expect(decode(region.rasr).size).toBe(size);
      }
    },
  );

  it('OEMuRoT → region 6 on AXI SRAM1, where it runs; with the application in external RAM nothing else differs', () => {
    const regions = differing(rotConfiguration(kit, { bootPath: 'stirot-oemurot', mode: 'overwrite', exec: 'ext-ram' }));
    expect(regions).toEqual([{ number: 6, base: 0x24000000, rasr: 0x05020021, what: 'boot code' }]);
    expect(decode(regions[0].rasr)).toMatchObject({ size: 0x20000, ap: 5, xn: 0 });
  });

  it('STiRoT → the code area alone may be executed, and it is read-only', () => {
    const table = stirotMpuTable(kit, rotConfiguration(kit, { bootPath: 'stirot', mode: 'overwrite', exec: 'int-ram' }));
    const executable = table.filter(({ rasr }) => decode(rasr).xn === 0);
    expect(executable).toEqual([{ number: 14, base: 0x24000000, rasr: 0x050f0021, what: 'application' }]);
    expect(table.every(({ rasr }) => decode(rasr).enabled)).toBe(true);
  });
});
