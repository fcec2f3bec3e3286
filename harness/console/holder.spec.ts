import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { describeHolder, noteHolder, removeNote } from './holder.js';

describe('who holds a port', () => {
  let folder: string;
  const before = process.env['ROT_HIL_RUNTIME_DIR'];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'rot-hil-holder-'));
    process.env['ROT_HIL_RUNTIME_DIR'] = folder;
  });
  afterEach(() => {
    if (before === undefined) delete process.env['ROT_HIL_RUNTIME_DIR'];
    else process.env['ROT_HIL_RUNTIME_DIR'] = before;
    rmSync(folder, { recursive: true, force: true });
  });
  const leave = (name: string, pid: number | undefined): string => {
    const file = join(folder, 'consoles', name);
    mkdirSync(join(folder, 'consoles'), { recursive: true });
    writeFileSync(file, JSON.stringify({ pid, command: 'run', since: 'now' }));
    return file;
  };

  it('a port that is taken → its holder by process id; given back → nobody', () => {
    noteHolder('/dev/ttyX');
    expect(describeHolder('/dev/ttyX')).toContain(`process ${process.pid} (`);
    expect(describeHolder('/dev/ttyY')).toBeUndefined();
    removeNote('/dev/ttyX');
    expect(describeHolder('/dev/ttyX')).toBeUndefined();
    expect(readdirSync(join(folder, 'consoles'))).toEqual([]);
  });

  it('notes of a process that was killed, of a running one and of nobody → the running one keeps its own', () => {
    const { pid: dead } = spawnSync(process.execPath, ['-e', '']);
    const killed = leave('killed.json', dead);
    const broken = leave('broken.json', undefined);
    const running = leave('running.json', process.ppid);
    noteHolder('/dev/ttyX');
    expect([killed, broken, running].map((file) => existsSync(file))).toEqual([false, false, true]);
  });
});
