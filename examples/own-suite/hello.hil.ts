import { describe, expect, it } from '@jest/globals';
import { attach, board, console, image } from 'rot-hil';

const next = { app: 'firmware/hello-1.3.0.elf', version: '1.3.0' };

describe('start', () => {
  it('signed, provisioned and reset → my application says its version', async () => {
    await expect(image()).toBoot({ version: '1.2.0', banner: /^hello (\S+)/ });
  });

  it('reset again → the same', async () => {
    await expect(board).toBoot({ version: '1.2.0' });
    await expect(console).toPrint(/^tick 1$/, { withinMs: 1000 });
    await expect(console).toPrint(/^tick 2$/, { withinMs: 200 });
  });

  it('the command v → the version; nothing about a fault', async () => {
    await expect(board).toBoot();
    await console.send('v');
    await expect(console).toPrint('version 1.2.0', { withinMs: 500 });
    await expect(console).not.toPrint(/fault/, { withinMs: 200 });
  });
});

describe('faults', () => {
  it('a write into the code → MemManage at that address: the root of trust has made it read-only', async () => {
    await expect(board).toBoot();
    await expect(() => console.send('w')).toFault({ kind: 'MemManage', address: 0x70000400, flags: ['DACCVIOL'] });
    attach('console up to the fault', board.linesSince(0).map(({ text }) => text).join('\n'));
  });
});

describe('images that the root of trust refuses, each beside the application under test that it accepts', () => {
  it("signed with somebody else's key → refused for the key", async () => {
    await expect(image({ ...next, signedBy: 'stranger' })).toBeRejected({ stage: 'key' });
  });

  it('one bit of the code turned over → refused for the hash', async () => {
    await expect(image({ ...next, tamper: (bytes) => (bytes[0x480] = (bytes[0x480] ?? 0) ^ 1) })).toBeRejected({ stage: 'hash', reason: 'mismatch' });
  });

  it('an older version → refused for its security counter', async () => {
    await expect(image({ version: '1.1.9' })).toBeRejected({ stage: 'security-counter', reason: /below stored/ });
  });
});

describe('update', () => {
  it('1.2.0 → 1.3.0', async () => {
    await expect(image()).toBoot({ version: '1.2.0' });
    await expect(image(next)).toBoot({ version: '1.3.0', asUpdate: true });
  });
});
