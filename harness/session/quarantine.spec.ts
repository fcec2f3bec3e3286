import { describe, expect, it } from '@jest/globals';
import type { ErrorKind } from '../errors/index.js';
import { HarnessError } from '../errors/index.js';
import { Quarantine } from './quarantine.js';

const fail = (kind: ErrorKind) => async (): Promise<never> => {
  throw new HarnessError({ code: `a-${kind}`, kind, message: `first ${kind}`, nextStep: 'pull the plug' });
};

describe('quarantine of a board', () => {
  it('a bench fault → every later use fails without being run, naming the first fault', async () => {
    const quarantine = new Quarantine();
    await expect(quarantine.guard(fail('bench'))).rejects.toMatchObject({ code: 'a-bench' });
    let ran = false;
    await expect(
      quarantine.guard(async () => {
        ran = true;
      }),
    ).rejects.toMatchObject({ code: 'board-quarantined', kind: 'bench', message: expect.stringContaining('first bench'), nextStep: 'pull the plug' });
    expect(ran).toBe(false);
    expect(quarantine.fault).toMatchObject({ code: 'a-bench' });
  });

  it.each(['subject', 'usage', 'guard'] as const)('a %s error → the board stays in use', async (kind) => {
    const quarantine = new Quarantine();
    await expect(quarantine.guard(fail(kind))).rejects.toMatchObject({ code: `a-${kind}` });
    expect(await quarantine.guard(async () => 5)).toBe(5);
    expect(quarantine.fault).toBeUndefined();
  });

  it('an exception that nobody foresaw → a bench fault', async () => {
    const quarantine = new Quarantine();
    await expect(
      quarantine.guard(async () => {
        throw new TypeError('x is not a function');
      }),
    ).rejects.toMatchObject({ code: 'unexpected', kind: 'bench' });
    expect(quarantine.fault).toBeDefined();
  });
});
