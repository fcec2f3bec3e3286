import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { execa } from 'execa';
import { secretFolder } from './secret-folder.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'rot-hil-folders-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe('the folder for key files', () => {
  it("made → this user's alone; put away → gone", () => {
    const { path, discard } = secretFolder(root);
    expect(statSync(path).mode & 0o777).toBe(0o700);
    discard();
    expect(existsSync(path)).toBe(false);
  });

  it('what a killed process left behind → goes with the next one; what a running one uses, and other folders, stay', async () => {
    const { pid } = await execa(process.execPath, ['-e', '']).then(() => execa(process.execPath, ['-e', 'process.stdout.write(String(process.pid))'])).then(({ stdout }) => ({ pid: stdout }));
    const [dead, alive, other] = [`rot-hil-secret-${pid}-abc`, `rot-hil-secret-${process.pid}-def`, 'something'].map((name) => join(root, name)) as [string, string, string];
    [dead, alive, other].forEach((path) => mkdirSync(path));
    secretFolder(root).discard();
    expect([dead, alive, other].map((path) => existsSync(path))).toEqual([false, true, true]);
  });
});
