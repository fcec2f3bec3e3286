import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { loadKit, rotConfiguration } from '../board/index.js';
import type { BootPathName } from '../board/index.js';
import { closingOf } from './closing.js';

type Board = Parameters<typeof closingOf>[0];

const kit = loadKit('stm32h7s78-dk');
const permitted = { productStates: ['PROVISIONING', 'PROVISIONED', 'CLOSED'], locked: false } as const;
const debugAuthentication = { key: { file: '/keys/leaf.pem' }, chain: '/keys/chain.b64' };

function boardOf(bootPath: BootPathName, more: { virtual: boolean; permissions: object; keys?: object; secondStage?: string }): Board {
  const exec = bootPath === 'stirot' ? 'int-ram' : 'ext-ram';
  return { bench: { name: 'desk', ...(more.secondStage === undefined ? {} : { secondStage: more.secondStage }) }, configuration: rotConfiguration(kit, { bootPath, mode: 'overwrite', exec }), permissions: more.permissions, virtual: more.virtual, labBench: more.keys === undefined ? undefined : { keys: more.keys } } as unknown as Board;
}

describe('what a run may close', () => {
  it('OEMiRoT, which stays OPEN → suites may close it where its owner permits that and gave a credential, or it is virtual; else the run goes on without', () => {
    const open = (virtual: boolean, permissions: object, keys?: object) => closingOf(boardOf('oemirot', { virtual, permissions, ...(keys === undefined ? {} : { keys }) }), '--board desk');
    expect(open(false, { productStates: [], locked: false }, { debugAuthentication })).toBeUndefined();
    expect(open(false, permitted, {})).toBeUndefined();
    expect(open(false, permitted, { debugAuthentication })).toMatchObject({ permissions: permitted, debugAuthentication });
    expect(open(true, permitted)).toMatchObject({ permissions: permitted });
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

  it('OEMuROT on a real board: none, a signed image, one that is linked for elsewhere → refused before anything is done; one for its place → goes on; a virtual board → a stand-in', () => {
    const folder = mkdtempSync(join(tmpdir(), 'rot-hil-oemurot-'));
    try {
      const write = (name: string, stack: number, reset: number, size = 2048): string => {
        const bytes = Buffer.alloc(size);
        bytes.writeUInt32LE(stack, 0);
        bytes.writeUInt32LE(reset, 4);
        writeFileSync(join(folder, name), bytes);
        return join(folder, name);
      };
      const closing = (virtual: boolean, secondStage?: string) => closingOf(boardOf('stirot-oemurot', { virtual, permissions: permitted, keys: { debugAuthentication }, ...(secondStage === undefined ? {} : { secondStage }) }), '--board desk');
      const refused = (code: string, message: RegExp) => expect.objectContaining({ kind: 'usage', code, message: expect.stringMatching(message), nextStep: expect.stringContaining('--oemurot') });
      expect(() => closing(false)).toThrow(refused('oemurot-missing', /needs its own OEMuROT/));
      for (const virtual of [false, true]) expect(() => closing(virtual, write('OEMiROT_Boot_enc_sign.hex', 0x20010000, 0x24000401))).toThrow(refused('oemurot-binary', /not a signed image/));
      expect(() => closing(false, join(folder, 'none.bin'))).toThrow(refused('oemurot-binary', /cannot be read/));
      expect(() => closing(false, write('flash.bin', 0x20010000, 0x08000401))).toThrow(refused('oemurot-binary', /not linked for 0x24000400: its reset vector is 0x08000401/));
      expect(() => closing(false, write('long.bin', 0x20010000, 0x24000401, 0x20000))).toThrow(refused('oemurot-binary', /its slot takes 130048/));
      expect(() => closing(false, write('stack.bin', 0x08000000, 0x24000401))).toThrow(refused('oemurot-binary', /stack would start at 0x08000000/));
      expect(closing(false, write('right.bin', 0x20010000, 0x24000401))).toMatchObject({ permissions: permitted });
      expect(closing(true, write('placeholder.bin', 0x20010000, 0x08000401))).toMatchObject({ permissions: permitted });
      expect(closing(true)).toMatchObject({ permissions: permitted });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
