import { describe, expect, it } from '@jest/globals';
import { OperationCounter } from '../flash/index.js';
import { raiseSecurityCounter } from './install-overwrite.js';
import { ObkDataAreas, encodeObkData, obkDataIndex } from './obk-data.js';
import { ObkStore } from './obk-store.js';

describe('storing the security counter', () => {
  it.each([
    ['higher', 6, { stored: true, counter: 6, operations: 1 }],
    ['equal', 5, { stored: true, counter: 5, operations: 0 }],
    ['lower', 4, { stored: false, counter: 5, operations: 0 }],
  ])('a %s one than the stored 5 → %j', (_title, value, expected) => {
    const store = new ObkStore();
    store.write(1, obkDataIndex, encodeObkData(5), { encrypted: false });
    const operations = new OperationCounter();
    store.observer = operations;
    const data = new ObkDataAreas(store, 1, false);
    expect({ stored: raiseSecurityCounter(value, data), counter: data.counter(), operations: operations.count }).toEqual(expected);
  });

  it('no readable data → refused', () => {
    expect(raiseSecurityCounter(1, new ObkDataAreas(new ObkStore(), 1, false))).toBe(false);
  });
});
