import { describe, expect, it } from '@jest/globals';
import { NightEta } from './night-eta.js';
import { judgeAttempt, jobArguments } from './night-job.js';

const document = (verdict: string, more: object = {}): object => ({ verdict, passed: 3, failed: verdict === 'failed' ? 1 : 0, bench: verdict === 'bench' ? 2 : 0, skipped: 1, board: { reason: null }, ...more });
const error = (code: string): object => ({ error: { code, kind: 'x', message: 'what', nextStep: 'do' } });

describe('the end of a run', () => {
  it.each([
    ['passed', 0, document('passed'), false, 'passed', ''],
    ['failed', 1, document('failed'), false, 'failed', '1 failed'],
    ['failed with nothing tested', 1, document('failed', { passed: 0, failed: 0 }), false, 'failed', 'nothing was tested'],
    ['bench', 3, document('bench', { board: { reason: 'it stopped' } }), false, 'bench', '2 without a result; the board: it stopped'],
    // Only where both agree: a document says one thing and the exit code another.
    ['a green document and exit 1', 1, document('passed'), false, 'bench', 'said "passed"'],
    ['a green document of a killed process', null, document('passed'), false, 'bench', 'was killed'],
    ['a red document and exit 0', 0, document('failed'), false, 'bench', 'said "failed"'],
    ['exit 0 and no document', 0, undefined, false, 'bench', 'said nothing'],
    ['killed', null, undefined, false, 'bench', 'was killed'],
    ['killed while the night ends', null, undefined, true, 'interrupted', ''],
    ['interrupted', 143, document('bench'), true, 'interrupted', ''],
    ['interrupted by itself', 143, document('bench'), false, 'bench', 'ended with 143'],
    ['passed while the night ends', 0, document('passed'), true, 'passed', ''],
    ['the board in use', 3, error('lease-held'), false, 'held', 'lease-held: what; next: do'],
    ['the tool missing', 3, error('tool-missing'), false, 'bench', 'tool-missing'],
    ['a configuration error', 2, error('rot-missing'), false, 'configuration', 'rot-missing'],
    ['the brick guard', 4, error('guarded'), false, 'guard', 'guarded'],
    ['numbers that are none', 0, document('passed', { passed: 'many' }), false, 'passed', ''],
  ] as const)('%s → its verdict', (_what, exitCode, said, aborted, verdict, reason) => {
    expect(judgeAttempt({ exitCode, ended: exitCode === null ? 'killed' : 'exit' }, said as never, aborted)).toMatchObject({ verdict, reason: expect.stringContaining(reason) });
  });

  it('a run that had to be ended at its deadline → bench, whatever it said', () => {
    expect(judgeAttempt({ exitCode: 0, ended: 'deadline' }, document('passed') as never, false)).toMatchObject({ verdict: 'bench', reason: expect.stringContaining('did not end') });
  });

  it('a job → the command line that a person would type', () => {
    const job = { id: 'a', bench: 'desk', suites: ['boot'], configuration: { bootPath: 'oemirot', mode: 'swap', exec: 'xip' } } as const;
    expect(jobArguments(job, { lab: '/l.yaml', timeoutSeconds: 5, waitSeconds: 6 }, 'r').join(' ')).toBe('run boot --lab /l.yaml --board desk --boot-path oemirot --mode swap --exec xip --report r --timeout 5 --wait 6 --json');
  });
});

describe('how long a night will take', () => {
  const job = (bench: string, number: number) => ({ id: `${bench}-${number}`, bench, suites: [], configuration: { bootPath: 'oemirot', mode: 'swap', exec: 'xip' } }) as const;

  it('before the first run has ended → unknown; then the slowest bench at its own pace', () => {
    const eta = new NightEta([job('a', 1), job('a', 2), job('a', 3), job('b', 1)]);
    expect(eta.leftMs([])).toBeUndefined();
    eta.took('a-1', 1000);
    eta.done('a-1');
    expect(eta.leftMs([{ job: 'a-2', forMs: 400 }])).toBe(1600);
    expect(eta.leftMs([{ job: 'a-2', forMs: 4000 }])).toBe(1000);
    eta.took('b-1', 9000);
    expect(eta.leftMs([])).toBe(9000);
  });
});
