import { beforeAll, describe, expect, it } from '@jest/globals';
import { board, running, skip } from 'rot-hil';

// The same things again and again; `rot-hil run soak --repeat n` for as long as one likes. Times of all starts stand in the reports.
const RESETS = 10;
const REQUESTS = 200;

/** STiRoT, in ROM, says nothing. */
const told = (): number => (board.configuration.bootPath === 'stirot' ? 0 : 1);
/** DWT_CYCCNT may differ from start to start. */
const stable = (fields: Readonly<Record<string, string>> | null): Readonly<Record<string, string>> => Object.fromEntries(Object.entries(fields ?? {}).filter(([name]) => name !== 'boot_cycles'));

beforeAll(async () => {
  await running();
});

describe('starts', () => {
  it(`${String(RESETS)} resets by the pin → every time one start with the same boot log and the same banner`, async () => {
    const first = await board.boot();
    for (let i = 1; i < RESETS; i++) {
      const { rotLines, banner, starts } = await board.boot();
      expect({ rotLines, banner: stable(banner), starts }).toEqual({ rotLines: first.rotLines, banner: stable(first.banner), starts: told() });
    }
  });

  it(`${String(RESETS)} resets by the application → likewise`, async () => {
    const first = await board.boot();
    for (let i = 0; i < RESETS; i++) {
      const from = board.mark();
      await board.app.reset();
      const { rotLines, banner, starts } = await board.boot({ reset: false, from });
      expect({ rotLines, banner: stable(banner), starts }).toEqual({ rotLines: first.rotLines, banner: stable(first.banner), starts: told() });
    }
  });
});

describe('wear', () => {
  it('a start with nothing to install → no operation on the external flash or the OBKeys, which bear only so many', async () => {
    if (board.power?.cuts !== true) skip('this bench has no switch that counts the operations of a boot');
    await board.boot();
    expect(await board.power.operations()).toBe(0);
  });
});

describe('requests', () => {
  it(`${String(REQUESTS)} of them → every answer right, nothing else in between`, async () => {
    const from = board.mark();
    for (let i = 0; i < REQUESTS; i++) {
      const word = `${String(i)}-${((i * 0x9e3779b1) >>> 0).toString(16)}`;
      expect(await board.app.echo(word)).toBe(word);
    }
    const lines = board.linesSince(from).map(({ text }) => text);
    expect(lines.filter((text) => !/^@\d+ ok text=/.test(text))).toEqual([]);
    expect(lines).toHaveLength(REQUESTS);
  });

  it('faults in between → each told, the application goes on', async () => {
    for (let i = 0; i < 20; i++) {
      expect(await board.app.fault('udf')).toMatchObject({ name: 'UsageFault', flags: ['UNDEFINSTR'] });
      expect(await board.app.echo(String(i))).toBe(String(i));
    }
  });
});
