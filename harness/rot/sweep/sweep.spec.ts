import { describe, expect, it } from '@jest/globals';
import { crc32 } from 'node:zlib';
import { loadKit, rotConfiguration } from '../../board/index.js';
import { SectorCatalogue } from '../../flash/index.js';
import { FlashCrc } from './flash-crc.js';
import { configurationOfLayout, parseSweepLayout, scenarioSweeps, scenarios, sweep } from './index.js';
import type { NamedSweep, SweepOptions } from './index.js';
import { tornLength } from './torn-length.js';

const kit = loadKit('stm32h7s78-dk');
const usage = (code: string) => expect.objectContaining({ name: 'HarnessError', code, kind: 'usage' });
const places = (text: string) => (mode: 'overwrite' | 'swap') => {
  const layout = parseSweepLayout(text);
  const shipped = rotConfiguration(kit, { bootPath: 'oemirot', mode, exec: 'ext-ram' });
  return { kit, configuration: configurationOfLayout(kit, shipped, layout, mode), sectorSize: layout.sector };
};
const small = places('slot=0x8000,scratch=0x2000,sector=0x1000,unit=16');
const options = ({ place, ...update }: NamedSweep, more: Partial<SweepOptions> = {}): SweepOptions => ({
  ...place, ...update, tear: 'nothing', mce: false, strict: true, cuts: { step: 1 }, crc: false, ...more,
});
const only = (name: string, mode?: 'overwrite' | 'swap', placeOf = small): NamedSweep => scenarioSweeps(name, placeOf, mode)[0]!;

describe('named scenarios, every cut on a small layout', () => {
  it.each([
    ['overwrite', ['2.0.0', '2.0.0', '2.0.0']],
    ['swap-confirm', ['2.0.0', '2.0.0*', '2.0.0']],
    ['swap-revert', ['2.0.0', '1.0.0', '1.0.0']],
    ['permanent', ['2.0.0', '2.0.0', '2.0.0']],
    ['bootstrap', ['2.0.0', '2.0.0', '2.0.0']],
    ['downgrade', ['2.0.0', '2.0.0', '2.0.0']],
    ['bad-signature', ['1.0.0', '1.0.0', '1.0.0']],
    ['encrypted-overwrite', ['2.0.0', '2.0.0', '2.0.0']],
    ['encrypted-confirm', ['2.0.0', '2.0.0*', '2.0.0']],
    ['encrypted-revert', ['2.0.0', '1.0.0', '1.0.0']],
    ['encrypted-permanent', ['2.0.0', '2.0.0', '2.0.0']],
  ])('%s -> boots as it says, and after every cut something boots', (name, uncut) => {
    const result = sweep(options(only(name)));
    expect(result.uncut).toEqual(uncut);
    expect(result.operations).toBeGreaterThanOrEqual(8);
    expect(result.outcomes).toHaveLength(result.operations);
    expect(result.bricked).toEqual([]);
  });

  it.each([
    ['stm32h7s78-dk', 'oemirot', 'xip'],
    ['stm32h7s78-dk', 'oemirot', 'int-ram'],
    ['stm32h7s78-dk', 'stirot-oemurot', 'ext-ram'],
    ['nucleo-h7s3l8', 'oemirot', 'xip'],
    ['nucleo-h7s3l8', 'oemirot', 'int-ram'],
  ] as const)('the real layout of %s, %s, %s -> an overwrite boots its image, some cuts included', (id, bootPath, exec) => {
    const board = loadKit(id);
    const place = { kit: board, configuration: rotConfiguration(board, { bootPath, mode: 'overwrite', exec }), sectorSize: board.externalFlash.sectorSize };
    const result = sweep(options(only('overwrite', 'overwrite', () => place), { cuts: { only: [1, 40, 70] } }));
    expect(result.uncut).toEqual(['2.0.0', '2.0.0', '2.0.0']);
    expect(result.bricked).toEqual([]);
  });

  it('both-bad -> nothing boots, cut or not: every cut counts as bricked', () => {
    const result = sweep(options(only('both-bad')));
    expect(result.uncut).toEqual(['noimage', 'noimage', 'noimage']);
    expect(result.bricked).toHaveLength(result.operations);
    expect(result.halted).toEqual([]);
  });

  it('with the memory cipher engine -> a swap has cuts after which nothing boots, all behind each other; overwrite has none', () => {
    const { bricked } = sweep(options(only('swap-revert'), { mce: true, strict: false, boots: 1 }));
    expect(bricked.length).toBeGreaterThan(0);
    expect(bricked.at(-1)! - bricked[0]! + 1).toBe(bricked.length);
    expect(sweep(options(only('overwrite'), { mce: true, strict: false })).bricked).toEqual([]);
  });
});

describe('cuts', () => {
  it('the same update with unit 4 and unit 16 -> other trailers, the same end', () => {
    const four = sweep(options(only('swap-confirm', 'swap', places('slot=0x8000,scratch=0x2000,sector=0x1000,unit=4')), { cuts: { step: 7 } }));
    const sixteen = sweep(options(only('swap-confirm'), { cuts: { step: 7 } }));
    expect(four.uncut).toEqual(sixteen.uncut);
    expect(four.trace).not.toBe(sixteen.trace);
    expect(four.bricked).toEqual([]);
  });

  it('half done and torn at random -> still something boots; the same seed tears the same', () => {
    const scenario = only('swap-confirm');
    expect(sweep(options(scenario, { tear: 'half' })).bricked).toEqual([]);
    const torn = (seed: string) => sweep(options(scenario, { tear: { seed }, crc: true, cuts: { step: 5 } }));
    const [one, again, another] = [torn('a'), torn('a'), torn('b')];
    expect(one.outcomes).toEqual(again.outcomes);
    expect(one.bricked).toEqual([]);
    expect(another.bricked).toEqual([]);
    expect(tornLength('a', 1, 0x400)).toBeLessThan(0x400);
  });

  it('step and single cuts -> the same outcomes as the full sweep has there, the log of a single one kept', () => {
    const scenario = only('permanent');
    const full = sweep(options(scenario, { crc: true }));
    const some = sweep(options(scenario, { crc: true, cuts: { step: 10 } }));
    expect(some.outcomes).toEqual(full.outcomes.filter(({ after }) => after % 10 === 1));
    const [one] = sweep(options(scenario, { crc: true, cuts: { only: [20] } })).outcomes;
    expect(one).toMatchObject(full.outcomes[19]!);
    expect(one?.log?.[0]).toBe('[INF] Starting bootloader OEMiROT');
  });
});

describe('arguments', () => {
  it.each(['slot=1', 'slot=0x10000,scratch=0x20001', 'slot=0x10001', 'slot=0x4000000', 'sector=100', 'unit=8', 'pages=4', 'slot', ''])('layout %s -> sweep-layout; one that fits -> taken', (text) => {
    expect(() => parseSweepLayout(text)).toThrow(usage('sweep-layout'));
    expect(parseSweepLayout('slot=65536,scratch=4096')).toEqual({ slot: 0x10000, scratch: 0x1000, sector: 0x1000, unit: 16 });
  });

  it('an unknown scenario, or one for the other mode -> sweep-scenario; all -> each that fits the mode', () => {
    expect(() => scenarioSweeps('nothing', small)).toThrow(usage('sweep-scenario'));
    expect(() => scenarioSweeps('swap-confirm', small, 'overwrite')).toThrow(usage('sweep-scenario'));
    const names = scenarioSweeps('all', small, 'overwrite').map(({ name }) => name);
    expect(names).toEqual(scenarios.filter(({ mode }) => mode !== 'swap').map(({ name }) => name));
  });
});

it('CRC-32 from numbered sectors -> that of the bytes in a row, erased ones included', () => {
  const catalogue = new SectorCatalogue();
  const sectors = [1, 2, 3].map((seed) => Uint8Array.from({ length: 512 }, (_, i) => (i * seed) & 0xff));
  const crc = new FlashCrc(catalogue, 512);
  const numbers = [...sectors.map((sector) => catalogue.numberOf(sector)), 0, catalogue.numberOf(sectors[0]!)];
  const bytes = Buffer.concat([...sectors, Buffer.alloc(512, 0xff), sectors[0]!]);
  expect(crc.of(numbers)).toBe(crc32(bytes).toString(16).padStart(8, '0'));
  expect(crc.of([])).toBe('00000000');
});
