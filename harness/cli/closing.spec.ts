import { describe, expect, it } from '@jest/globals';
import { loadKit, rotConfiguration } from '../board/index.js';
import type { BootPathName } from '../board/index.js';
import { closingOf } from './closing.js';

type Board = Parameters<typeof closingOf>[0];

const kit = loadKit('stm32h7s78-dk');
const permitted = { productStates: ['PROVISIONING', 'PROVISIONED', 'CLOSED'], locked: false } as const;
const debugAuthentication = { key: { file: '/keys/leaf.pem' }, chain: '/keys/chain.b64' };

function boardOf(bootPath: BootPathName, more: { virtual: boolean; permissions: object; keys?: object }): Board {
  const exec = bootPath === 'stirot' ? 'int-ram' : 'ext-ram';
  return { bench: { name: 'desk' }, configuration: rotConfiguration(kit, { bootPath, mode: 'overwrite', exec }), permissions: more.permissions, virtual: more.virtual, labBench: more.keys === undefined ? undefined : { keys: more.keys } } as unknown as Board;
}

describe('what a run may close', () => {
  it('OEMiRoT, which stays OPEN → nothing to permit', () => {
    expect(closingOf(boardOf('oemirot', { virtual: false, permissions: { productStates: [], locked: false } }), '--board desk')).toBeUndefined();
  });

  it.each([true, false])('virtual %s, CLOSED not permitted → refused by the guard, with what to write into the lab file; permitted, with a credential → goes on', (virtual) => {
    const refused = { kind: 'guard', code: 'closing-not-permitted', nextStep: expect.stringContaining('permissions: { productStates: [CLOSED] }') };
    expect(() => closingOf(boardOf('stirot', { virtual, permissions: { productStates: ['PROVISIONING'], locked: true }, keys: { debugAuthentication } }), '--board desk')).toThrow(expect.objectContaining(refused));
    expect(closingOf(boardOf('stirot', { virtual, permissions: permitted, keys: { debugAuthentication } }), '--board desk')).toEqual({ permissions: permitted, boardArguments: '--board desk', debugAuthentication });
  });

  it('a real board without a credential → refused; a virtual one → by keys that follow from the seed', () => {
    expect(() => closingOf(boardOf('stirot', { virtual: false, permissions: permitted, keys: {} }), '--board desk')).toThrow(expect.objectContaining({ kind: 'usage', code: 'credential-missing' }));
    expect(closingOf(boardOf('stirot', { virtual: true, permissions: permitted }), '--board desk')).toEqual({ permissions: permitted, boardArguments: '--board desk' });
  });

  it('a real board with OEMuROT → refused, as its image cannot be given; a virtual one → goes on', () => {
    expect(() => closingOf(boardOf('stirot-oemurot', { virtual: false, permissions: permitted, keys: { debugAuthentication } }), '--board desk')).toThrow(expect.objectContaining({ kind: 'usage', code: 'unsupported-configuration' }));
    expect(closingOf(boardOf('stirot-oemurot', { virtual: true, permissions: permitted }), '--board desk')).toMatchObject({ permissions: permitted });
  });
});
