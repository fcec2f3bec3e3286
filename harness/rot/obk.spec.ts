import { describe, expect, it } from '@jest/globals';
import { OperationCounter, PowerCut, powerCutAt } from '../flash/index.js';
import { ObkDataAreas, encodeObkData, encodeObkDataArea, obkDataIndex } from './obk-data.js';
import { ObkStore } from './obk-store.js';

const digest = (fill: number) => new Uint8Array(32).fill(fill);
const open = (store: ObkStore) => new ObkDataAreas(store, 1, false);

function provisioned(counter = 0): ObkStore {
  const store = new ObkStore();
  store.write(1, obkDataIndex, encodeObkData(counter), { encrypted: false });
  return store;
}

describe('option-byte keys', () => {
  it('what was stored enciphered → reads back only deciphered, and the other way round', () => {
    const store = new ObkStore();
    store.write(1, 8, digest(7), { encrypted: true });
    expect(store.read(1, 8, 32, { encrypted: true })).toEqual(digest(7));
    expect(store.read(1, 8, 32, { encrypted: false })).not.toEqual(digest(7));
  });

  it('levels are apart from each other', () => {
    const store = new ObkStore();
    store.write(1, 8, digest(1), { encrypted: false });
    expect(store.read(2, 8, 32, { encrypted: false })).toEqual(digest(0));
    expect([store.has(1, 8), store.has(2, 8)]).toEqual([true, false]);
  });

  it.each([
    ['a level that is not there', 3, 8, 32],
    ['more than 32 indexes', 1, 31, 64],
    ['half a slot', 1, 8, 16],
    ['nothing', 1, 8, 0],
  ])('%s → usage error; the last slot itself is stored', (_title, hdpl, index, length) => {
    const store = new ObkStore();
    expect(() => {
      store.write(hdpl, index, new Uint8Array(length), { encrypted: false });
    }).toThrow(expect.objectContaining({ code: 'obk-range', kind: 'usage' }));
    store.write(1, 31, digest(1), { encrypted: false });
    expect(store.has(1, 31)).toBe(true);
  });

  it('kept as text and read again → the same keys; a damaged text → usage error', () => {
    const store = provisioned(0x01000000);
    const again = ObkStore.deserialise(store.serialise());
    expect(open(again).counter()).toBe(0x01000000);
    for (const text of ['', '{}', '{"obk":1,"slots":[[99,false,"00"]]}', store.serialise().slice(0, -5)]) {
      expect(() => ObkStore.deserialise(text)).toThrow(expect.objectContaining({ code: 'obk-file' }));
    }
  });
});

describe('counter and hash reference', () => {
  it('nothing provisioned → unreadable; provisioned → counter and reference', () => {
    expect(open(new ObkStore()).read()).toBeUndefined();
    expect(open(provisioned(5)).read()).toEqual({ hashReference: digest(0), counter: 5, previous: 0 });
  });

  it('two equal areas → the update goes to A, B keeps nothing valid', () => {
    const store = provisioned(1);
    open(store).updateCounter(2);
    expect(open(store).read()).toEqual({ hashReference: digest(0), counter: 2, previous: 1 });
    expect(store.read(1, 18, 32, { encrypted: false })[0]).toBe(0);
    expect(store.read(1, 15, 96, { encrypted: false })).toEqual(encodeObkDataArea({ hashReference: digest(0), counter: 2, previous: 1 }));
  });

  it('updates after one another → alternate between the areas, each boot reads the last', () => {
    const store = provisioned(1);
    const areas = open(store);
    for (let n = 2; n < 9; n++) {
      expect(areas.updateCounter(n)).toBe(true);
      expect(areas.updateHashReference(digest(n))).toBe(true);
      expect(open(store).read()).toEqual({ hashReference: digest(n), counter: n, previous: n - 1 });
    }
  });

  it('both areas valid → the higher version counts, B where they are equal', () => {
    const store = new ObkStore();
    const write = (index: number, counter: number, fill: number) => {
      store.write(1, index, encodeObkDataArea({ hashReference: digest(fill), counter, previous: 0 }), { encrypted: false });
    };
    write(15, 3, 0xa);
    write(18, 2, 0xb);
    expect(open(store).read()?.hashReference).toEqual(digest(0xa));
    write(18, 3, 0xb);
    expect(open(store).read()?.hashReference).toEqual(digest(0xb));
  });

  it.each([
    ['current below previous', 1, 2],
    ['current all ones', 0xffffffff, 0],
  ])('%s → the counter cannot be read, the area can', (_title, counter, previous) => {
    const store = new ObkStore();
    store.write(1, 15, encodeObkDataArea({ hashReference: digest(0), counter, previous }), { encrypted: false });
    expect(open(store).counter()).toBeUndefined();
    expect(open(store).read()?.counter).toBe(counter);
  });

  it('power cut in an update, half done or not → nothing of it happened; the next one is counted', () => {
    for (const half of [false, true]) {
      const store = provisioned(1);
      store.observer = powerCutAt(1, { half });
      expect(() => open(store).updateCounter(2)).toThrow(PowerCut);
      expect(open(store).counter()).toBe(1);
      const counter = new OperationCounter();
      store.observer = counter;
      open(store).updateCounter(2);
      expect([open(store).counter(), counter.count]).toEqual([2, 1]);
    }
  });
});
