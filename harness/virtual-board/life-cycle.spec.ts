import { describe, expect, it } from '@jest/globals';
import { productState } from '../rot/index.js';
import type { ProductState } from '../rot/index.js';
import { debugAccess, productStateCodes, productStateStep, programmedBy, psaLifeCycle } from './life-cycle.js';

const certificate = 0x51;
const password = 0x8a;
const locked = 0xb4;
const factory = { NVSTATE: 0xb4, OEM_PROVD: 0x6a, DBG_AUTH: 0xff };

/** Option bytes after the steps, from a device as it left the factory. */
function after(...codes: readonly number[]): (credential: number) => ProductState | undefined {
  return (credential) => {
    const values = codes.reduce((bytes, code) => {
      const step = productStateStep(productState(bytes), code, credential);
      if ('refused' in step) throw new Error(step.refused);
      return { ...bytes, ...step.values };
    }, factory);
    return productState(values);
  };
}

const { provisioning, provisioned, closed, locked: lock } = productStateCodes;

describe('product state by -psrss', () => {
  it.each([
    ['0x17', [provisioning], certificate, 'PROVISIONING'],
    ['0x17, 0x2E', [provisioning, provisioned], certificate, 'PROVISIONED'],
    ['0x17, 0x72 with a certificate', [provisioning, closed], certificate, 'CLOSED-ECDSA'],
    ['0x17, 0x72 with a password', [provisioning, closed], password, 'CLOSED-PASSWORD'],
    ['0x17, 0x72 without an OBKey', [provisioning, closed], 0, 'CLOSED-ECDSA'],
    ['0x17, 0x72 with the OBKey that locks', [provisioning, closed], locked, 'LOCKED'],
    ['0x17, 0x5C', [provisioning, lock], locked, 'LOCKED'],
    ['0x17, 0x5C with a certificate', [provisioning, lock], certificate, 'LOCKED'],
  ] as const)('%s → the option bytes of %s', (_title, codes, credential, state) => {
    expect(after(...codes)(credential)).toBe(state);
  });

  it.each([
    ['PROVISIONING again', [provisioning, provisioning], /no way back from PROVISIONING/],
    ['PROVISIONING after PROVISIONED', [provisioning, provisioned, provisioning], /no way back from PROVISIONED/],
    ['anything after CLOSED', [provisioning, closed, lock], /final/],
    ['anything after LOCKED', [provisioning, lock, closed], /final/],
    ['OPEN by its code', [0x39], /no product state/],
  ])('%s → refused', (_title, codes, why) => {
    expect(() => after(...codes)(certificate)).toThrow(why);
    expect(after(...codes.slice(0, -1))(certificate)).toBeDefined();
  });

  it('states → what the debug port serves, what a discovery calls them', () => {
    expect((['OPEN', 'PROVISIONING', 'PROVISIONED', 'CLOSED-ECDSA', 'CLOSED-PASSWORD', 'LOCKED', undefined] as const).map((state) => [debugAccess(state), psaLifeCycle(state)])).toEqual([
      ['all', 'OPEN'], ['provisioning', 'PROVISIONING'], ['none', 'IROT_PROVISIONED'], ['none', 'CLOSED'], ['none', 'CLOSED'], ['none', 'LOCKED'], ['none', 'LOCKED'],
    ]);
  });

  it('-ob in PROVISIONING → write and hide protection keep their values, others and those in OPEN do not', () => {
    expect([['OPEN', 'Write protection'], ['PROVISIONING', 'Write protection'], ['PROVISIONING', 'Hide protection'], ['PROVISIONING', 'User configuration 2']].map(([state, group]) => programmedBy(state as ProductState, { group: group! }))).toEqual([
      true, false, false, true,
    ]);
  });
});
