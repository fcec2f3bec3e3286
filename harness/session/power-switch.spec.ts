import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PowerSwitch } from './power-switch.js';

let workDirectory = '';
beforeAll(() => {
  workDirectory = mkdtempSync(join(tmpdir(), 'rot-hil-power-'));
});
afterAll(() => {
  rmSync(workDirectory, { recursive: true, force: true });
});

/** A switch that is a script of Node; its arguments follow the script. */
const power = (script: string): PowerSwitch => new PowerSwitch({ powerSwitch: [process.execPath, '-e', script, '--'], workDirectory, signal: new AbortController().signal });
const bench = (message: RegExp) => expect.objectContaining({ code: 'power-switch', kind: 'bench', message: expect.stringMatching(message) });
const note = (name: string): string => join(workDirectory, name);

describe('power switch of a bench', () => {
  it('cut, cut half done, off and on → the command with the operation as its arguments', async () => {
    const told = power(`require('fs').appendFileSync(${JSON.stringify(note('told'))}, process.argv.slice(1).join(' ') + ';')`);
    await told.cutAt(40);
    await told.cutAt(7, { half: true });
    await told.cycle();
    expect(readFileSync(note('told'), 'utf8')).toBe('cut 40;cut 7 half;cycle;');
  });

  it('a bench with a command for off and on → called as it stands; alone, it cuts nothing', async () => {
    const powerCycle = [process.execPath, '-e', `require('fs').appendFileSync(${JSON.stringify(note('cycled'))}, String(process.argv.length))`];
    const signal = new AbortController().signal;
    const both = new PowerSwitch({ powerSwitch: [note('no-such-switch')], powerCycle, workDirectory, signal });
    const alone = new PowerSwitch({ powerCycle, workDirectory, signal });
    await both.cycle();
    await alone.cycle();
    expect([readFileSync(note('cycled'), 'utf8'), both.cuts, alone.cuts]).toEqual(['11', true, false]);
    await expect(async () => alone.cutAt(1)).rejects.toMatchObject({ code: 'no-power-switch', kind: 'usage' });
    await expect(async () => alone.operations()).rejects.toMatchObject({ code: 'no-power-switch', kind: 'usage' });
  });

  it('operations → the number on the last line it prints', async () => {
    expect(await power(`console.log('warning: something'); console.log(194)`).operations()).toBe(194);
  });

  it.each([
    ['prints no number', `console.log('many')`, /did not say/],
    ['ends with an error', `console.error('no relay'); process.exit(3)`, /ended with 3: no relay/],
  ])('a switch that %s → a bench error with the reason', async (_what, script, message) => {
    await expect(power(script).operations()).rejects.toEqual(bench(message));
  });

  it('a switch that is not there → a bench error', async () => {
    const missing = new PowerSwitch({ powerSwitch: [note('no-such-switch')], workDirectory, signal: new AbortController().signal });
    await expect(missing.operations()).rejects.toEqual(bench(/cannot be started/));
  });
});
