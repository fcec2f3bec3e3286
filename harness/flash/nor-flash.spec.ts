import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { NorFlash, OperationCounter, PowerCut, deserialiseNor, observers, powerCutAt, serialiseNor } from './index.js';

const chip = (options: { strict?: boolean } = {}) => new NorFlash({ size: 64 * 1024, ...options });
const bytes = (...values: number[]) => Uint8Array.from(values);

describe('NorFlash', () => {
  it('a new chip of 128 MB → reads 0xff everywhere and holds no sector', () => {
    const flash = new NorFlash({ size: 128 << 20 });
    expect(flash.read((128 << 20) - 2, 2)).toEqual(bytes(0xff, 0xff));
    expect(flash.snapshot().sectors.size).toBe(0);
  });

  it('programming over a sector border → both sectors hold their part', () => {
    const flash = chip();
    flash.program(4095, bytes(1, 2));
    expect(flash.read(4094, 4)).toEqual(bytes(0xff, 1, 2, 0xff));
    expect(flash.isErased(0, 4095)).toBe(true);
    expect(flash.isErased(0, 4096)).toBe(false);
  });

  it('programming twice → bits are ANDed, the set bit is counted with its address; clearing bits alone is not', () => {
    const flash = chip();
    flash.program(0x1000, bytes(0xf0, 0x0f));
    flash.program(0x1000, bytes(0x30, 0x0f));
    expect(flash.violationCount).toBe(0);
    flash.program(0x1000, bytes(0x30, 0x1f));
    expect(flash.read(0x1000, 2)).toEqual(bytes(0x30, 0x0f));
    expect(flash.violations).toEqual([{ offset: 0x1001, found: 0x0f, wanted: 0x1f }]);
  });

  it('strict: setting a bit → error with the address; the erased twin programs', () => {
    const flash = chip({ strict: true });
    flash.program(8, bytes(0));
    expect(() => {
      flash.program(8, bytes(1));
    }).toThrow(expect.objectContaining({ code: 'nor-violation', message: expect.stringContaining('0x00000008') }));
    flash.erase(0);
    flash.program(8, bytes(1));
    expect(flash.read(8, 1)).toEqual(bytes(1));
  });

  it.each([
    ['behind the end', () => chip().read(65535, 2)],
    ['negative', () => chip().read(-1, 1)],
    ['a fraction', () => chip().read(0.5, 1)],
    ['an erase off the sectors', () => { chip().erase(100); }],
    ['a program behind the end', () => { chip().program(65536, bytes(0)); }],
  ])('%s → usage error', (_title, act) => {
    expect(act).toThrow(expect.objectContaining({ code: 'flash-range', kind: 'usage' }));
  });

  it('a size that is no whole number of sectors → usage error', () => {
    expect(() => new NorFlash({ size: 5000 })).toThrow(expect.objectContaining({ code: 'flash-geometry' }));
  });

  it('restoring a snapshot after later changes → the contents of then; the snapshot stays usable', () => {
    const flash = chip();
    flash.program(0, bytes(0xaa));
    const then = flash.snapshot();
    flash.program(0, bytes(0x0a));
    flash.program(0x2000, bytes(1));
    flash.restore(then);
    expect([flash.read(0, 1)[0], flash.read(0x2000, 1)[0]]).toEqual([0xaa, 0xff]);
    flash.erase(0);
    flash.restore(then);
    expect(flash.read(0, 1)[0]).toBe(0xaa);
  });
});

describe('power cuts', () => {
  const cut = (k: number, half: boolean) => {
    const flash = chip();
    flash.program(0, new Uint8Array(4096));
    flash.observer = powerCutAt(k, { half });
    const acts = [() => { flash.program(0x1000, bytes(1, 2, 3, 4)); }, () => { flash.erase(0); }];
    let thrown: unknown;
    try {
      acts.forEach((act) => { act(); });
    } catch (error) {
      thrown = error;
    }
    return { flash, thrown };
  };

  it('at a program operation → none of it, or its first half', () => {
    expect(cut(1, false).flash.isErased(0x1000, 4)).toBe(true);
    expect(cut(1, true).flash.read(0x1000, 4)).toEqual(bytes(1, 2, 0xff, 0xff));
  });

  it('at an erase → none of it, or the first half of the sector', () => {
    expect(cut(2, false).flash.read(0, 1)[0]).toBe(0);
    const half = cut(2, true).flash;
    expect(half.isErased(0, 2048)).toBe(true);
    expect(half.read(2048, 1)[0]).toBe(0);
  });

  it('throws PowerCut with the operation, and behind the last operation nothing', () => {
    const { thrown } = cut(2, false);
    expect(thrown).toBeInstanceOf(PowerCut);
    expect((thrown as PowerCut).operation).toEqual({ kind: 'erase', offset: 0, length: 4096 });
    expect(cut(3, false).thrown).toBeUndefined();
  });

  it('an observer behind the one that cuts → does not see the operation', () => {
    const flash = chip();
    const counter = new OperationCounter();
    flash.observer = observers(powerCutAt(2), counter);
    flash.erase(0);
    expect(() => { flash.erase(0); }).toThrow(PowerCut);
    expect(counter.count).toBe(1);
  });
});

describe('contents as bytes', () => {
  const geometry = { size: 64 * 1024, sectorSize: 4096 };

  it('written and read again → the same contents; erased sectors take no room', () => {
    const flash = chip();
    flash.program(0x3000, bytes(7));
    flash.program(0x1000, bytes(9));
    flash.erase(0x1000);
    const file = serialiseNor(flash.snapshot(), 4096);
    expect(file.length).toBe(12 + 4 + 4096);
    const again = chip();
    again.restore(deserialiseNor(file, geometry));
    expect(again.read(0, 65536)).toEqual(flash.read(0, 65536));
  });

  const file = () => {
    const flash = chip();
    flash.program(0x3000, bytes(7));
    return serialiseNor(flash.snapshot(), 4096);
  };
  it.each([
    ['another magic', (f: Uint8Array) => { f[0] = 0; return f; }, /none of rot-hil/],
    ['cut short', (f: Uint8Array) => f.slice(0, -1), /cut short/],
    ['another sector size', (f: Uint8Array) => { f[5] = 0x20; return f; }, /8192/],
    ['a sector outside the chip', (f: Uint8Array) => { f[12] = 16; return f; }, /sector 16/],
    ['nothing at all', () => new Uint8Array(0), /none of rot-hil/],
  ])('%s → usage error; the file itself loads', (_title, change, message) => {
    expect(() => deserialiseNor(change(file()), geometry)).toThrow(expect.objectContaining({ code: 'flash-file', kind: 'usage', message: expect.stringMatching(message) }));
    expect(deserialiseNor(file(), geometry).sectors.size).toBe(1);
  });
});

it('any sequence of programs, erases, snapshots and restores → equals a plain array that follows the NOR rules', () => {
  const size = 8192;
  const step = fc.oneof(
    fc.record({ kind: fc.constant('program' as const), offset: fc.nat(size - 64), data: fc.uint8Array({ maxLength: 64 }) }),
    fc.record({ kind: fc.constant('erase' as const), sector: fc.nat(7) }),
    fc.record({ kind: fc.constantFrom('snapshot' as const, 'restore' as const) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const flash = new NorFlash({ size, sectorSize: 1024 });
      let model = new Uint8Array(size).fill(0xff);
      let kept = { flash: flash.snapshot(), model: model.slice() };
      for (const s of steps) {
        if (s.kind === 'program') {
          flash.program(s.offset, s.data);
          s.data.forEach((byte, i) => { model[s.offset + i] &= byte; });
        } else if (s.kind === 'erase') {
          flash.erase(s.sector * 1024);
          model.fill(0xff, s.sector * 1024, (s.sector + 1) * 1024);
        } else if (s.kind === 'snapshot') kept = { flash: flash.snapshot(), model: model.slice() };
        else {
          flash.restore(kept.flash);
          model = kept.model.slice();
        }
      }
      expect(flash.read(0, size)).toEqual(model);
    }),
    { numRuns: 200 },
  );
});
