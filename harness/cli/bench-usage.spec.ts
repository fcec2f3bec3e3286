import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';

const bench = fileURLToPath(new URL('../../bench/', import.meta.url));
const call = (script: string, ...args: string[]) => spawnSync(process.execPath, [join(bench, script), ...args], { encoding: 'utf8', timeout: 30_000, env: { ...process.env, NODE_OPTIONS: '' } });
/** What takes its options by itself. */
const own = readdirSync(bench).filter((name) => name.endsWith('.mjs')).filter((name) => !['all.mjs', 'boards.mjs', 'large-application.mjs', 'mutated-images.mjs', 'night-watch.mjs', 'signed-image.mjs', 'snapshot.mjs', 'sweep.mjs', 'usage.mjs'].includes(name));

describe('a benchmark called the wrong way', () => {
  it.each(own)('%s with an option that there is not → what is wrong, one usage line, exit code 2, no stack', (script) => {
    const { status, stdout, stderr } = call(script, '--nonsense');
    expect({ status, stdout, stack: /^\s+at /m.test(stderr) }).toEqual({ status: 2, stdout: '', stack: false });
    expect(stderr).toMatch(/nonsense/);
    expect(stderr.match(/^usage: node bench\/.*$/gm)).toEqual([expect.stringContaining(script)]);
  });

  it.each([
    ['lease.mjs', ['--runs', '0'], '--runs is a whole number from 1 on, not 0'],
    ['mutations.mjs', ['--count', 'many'], '--count is a whole number from 1 on, not many'],
    ['provision-matrix.mjs', ['--kit', 'nucleo'], '--kit is one of nucleo-h7s3l8, stm32h7s78-dk, not nucleo'],
    ['snapshot.mjs', [], 'it takes a snapshot'],
    ['snapshot.mjs', ['0', 'x.snap'], 'rounds are a whole number from 1 on, not 0'],
    ['snapshot.mjs', [join(bench, 'usage.mjs')], 'this is no snapshot'],
  ])('%s %j → %s, exit code 2', (script, args, told) => {
    const { status, stderr } = call(script, ...args);
    expect({ status, stack: /^\s+at /m.test(stderr), usage: /^usage: node bench\//m.test(stderr) }).toEqual({ status: 2, stack: false, usage: true });
    expect(stderr).toContain(told);
  });

  it('--help → the usage line, exit code 0', () => {
    const { status, stdout, stderr } = call('mutations.mjs', '--help');
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: 'usage: node bench/mutations.mjs [--count n] [--seed n] [--agree n]\n', stderr: '' });
  });
});
