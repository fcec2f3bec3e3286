import { describe, expect, it } from '@jest/globals';
import { productStateOf } from './product-state.js';

describe('the product state that option bytes spell', () => {
  it.each([
    [0xb4, 0x6a, 0xff, 'OPEN'],
    [0x51, 0x6a, 0xff, 'PROVISIONING'],
    [0x51, 0xb4, 0xff, 'PROVISIONED'],
    [0x51, 0xb4, 0x51, 'CLOSED'],
    [0x51, 0xb4, 0x8a, 'CLOSED'],
    [0x51, 0xb4, 0xb4, 'LOCKED'],
    [0x51, 0x6a, 0x51, 'unknown'],
    [0x51, 0xb4, 0x00, 'unknown'],
    [0x00, 0xb4, 0xff, 'unknown'],
  ])('NVSTATE %d, OEM_PROVD %d, DBG_AUTH %d → %s', (nv, provd, auth, state) => {
    expect(productStateOf(new Map([['NVSTATE', nv], ['OEM_PROVD', provd], ['DBG_AUTH', auth]]))).toBe(state);
  });
});
