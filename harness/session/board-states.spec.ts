import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, describe, expect, it } from '@jest/globals';
import { BoardStates } from './board-states.js';

const workDirectory = mkdtempSync(join(tmpdir(), 'board-states-'));
afterAll(() => {
  rmSync(workDirectory, { recursive: true });
});

const states = (save: string, load: string): BoardStates =>
  new BoardStates({ commands: { save: [process.execPath, '-e', save, '--'], load: [process.execPath, '-e', load, '--'] }, workDirectory, signal: new AbortController().signal });

describe('states of a board', () => {
  it('save, load, forget → the commands get the same file, which is gone then', async () => {
    const kept = states("require('fs').writeFileSync(process.argv.at(-1), 'state')", "require('fs').appendFileSync(process.argv.at(-1), ' loaded')");
    const state = await kept.save();
    await kept.load(state);
    expect(readFileSync(state.file, 'utf8')).toBe('state loaded');
    kept.forget(state);
    expect(existsSync(state.file)).toBe(false);
  });

  it('a command that fails → a bench fault with what it said', async () => {
    const kept = states("console.error('no room'); process.exit(1)", 'process.exit(0)');
    await expect(kept.save()).rejects.toMatchObject({ code: 'board-states', kind: 'bench', message: expect.stringContaining('no room') });
    await expect(kept.load({ file: 'x' })).resolves.toBeUndefined();
  });
});
