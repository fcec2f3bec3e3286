import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { loadLabFile } from '../lab-file/index.js';
import type { AttemptResult, Job, JobConfiguration, NightEvent, NightState } from './index.js';
import { judgeNight, NightLog, orderJobs, planJobs, provisioningCost, readNight, runNight, stateOf, unfinishedNight } from './index.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rot-hil-night-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const time = '2026-01-02T03:04:05.000Z';
const xip: JobConfiguration = { bootPath: 'oemirot', mode: 'overwrite', exec: 'xip' };
const job = (bench: string, number: number, configuration = xip): Job => ({ id: `${bench}-${number}`, bench, configuration, suites: [] });
const attempt = (verdict: AttemptResult['verdict'], reason = ''): AttemptResult => ({ verdict, reason, counts: { passed: 1, failed: 0, bench: 0, skipped: 0 }, folder: null, durationMs: 5 });
const started = (jobs: readonly Job[]): NightEvent => ({ event: 'night-started', schema: 1, time, night: 'night-1', lab: '/x.lab.yaml', jobs });
const settings = { retries: 1, quarantineAfter: 3 };

/** Runs a night whose attempts end as the table says, and tells its events. */
async function night(jobs: readonly Job[], outcomes: Record<string, AttemptResult['verdict'][]>, options: Partial<Parameters<typeof runNight>[0]> = {}, before: readonly NightEvent[] = []): Promise<{ events: NightEvent[]; state: NightState; ran: string[] }> {
  const events: NightEvent[] = [started(jobs), ...before];
  const ran: string[] = [];
  await runNight({
    state: stateOf(events)!,
    settings,
    signal: new AbortController().signal,
    heldPauseMs: 1,
    runJob: async (one, number) => {
      ran.push(`${one.id}#${number}`);
      await delay(1);
      return attempt(outcomes[one.id]?.[number - 1] ?? 'passed', `${one.id} attempt ${number}`);
    },
    onEvent: (event) => events.push(event),
    ...options,
  });
  return { events, state: stateOf(events)!, ran };
}

const verdicts = ({ jobs }: NightState): Record<string, string | undefined> => Object.fromEntries([...jobs].map(([id, { verdict }]) => [id, verdict]));

describe('the matrix of a night', () => {
  const lab = (text: string): ReturnType<typeof loadLabFile> => {
    writeFileSync(join(folder, 'x.lab.yaml'), text);
    return loadLabFile(join(folder, 'x.lab.yaml'));
  };

  it('two benches → every combination that each kit has, and no other', () => {
    const file = lab(`nightly: { suites: [boot], repeat: 2 }
benches:
  - { name: a, kit: stm32h7s78-dk, virtual: true, cover: { modes: [overwrite, swap], execs: [xip, ext-ram] } }
  - { name: b, kit: nucleo-h7s3l8, virtual: true, cover: { execs: [xip, ext-ram], suites: [mpu] } }`);
    expect(planJobs(file, file.benches).map(({ id, suites }) => [id, ...suites])).toEqual([
      ['a-oemirot-overwrite-ext-ram', 'boot'],
      ['a-oemirot-overwrite-ext-ram-2', 'boot'],
      ['a-oemirot-overwrite-xip', 'boot'],
      ['a-oemirot-overwrite-xip-2', 'boot'],
      ['a-oemirot-swap-ext-ram', 'boot'],
      ['a-oemirot-swap-ext-ram-2', 'boot'],
      ['a-oemirot-swap-xip', 'boot'],
      ['a-oemirot-swap-xip-2', 'boot'],
      ['b-oemirot-overwrite-xip', 'mpu'],
      ['b-oemirot-overwrite-xip-2', 'mpu'],
    ]);
  });

  it('jobs in any order → the order that provisions least, from what the board has now', () => {
    const all = (['oemirot', 'stirot-oemurot'] as const).flatMap((bootPath) => (['overwrite', 'swap'] as const).flatMap((mode) => (['xip', 'int-ram'] as const).map((exec) => ({ bootPath, mode, exec }))));
    const jobs = [...all, ...all].map((configuration, index) => job('a', index, configuration)).sort((one, other) => (one.id < other.id ? 1 : -1));
    const current: JobConfiguration = { bootPath: 'stirot-oemurot', mode: 'swap', exec: 'int-ram' };
    const ordered = orderJobs(jobs, current);
    expect(new Set(ordered)).toEqual(new Set(jobs));
    const cost = ordered.reduce((sum, one, index) => sum + provisioningCost(index === 0 ? current : ordered[index - 1].configuration, one.configuration), 0);
    // One change of boot path, a mode in each of them, and an execution mode in each of those four.
    expect(cost).toBe(100 + 2 * 10 + 4 * 1);
    expect(ordered[0].configuration).toEqual(current);
  });
});

describe('a night', () => {
  it('every job passes → benches work beside each other, never two jobs on one', async () => {
    const busy = new Set<string>();
    let most = 0;
    const jobs = ['a', 'b', 'c'].flatMap((bench) => [1, 2, 3].map((number) => job(bench, number)));
    const { state } = await night(jobs, {}, {
      runJob: async ({ bench }) => {
        expect(busy.has(bench)).toBe(false);
        busy.add(bench);
        most = Math.max(most, busy.size);
        await delay(5);
        busy.delete(bench);
        return attempt('passed');
      },
    });
    expect([most, judgeNight(state.jobs.values())]).toEqual([3, 'passed']);
  });

  it('at most two at once → no more than two, and all have their turn', async () => {
    let now = 0;
    let most = 0;
    const jobs = ['a', 'b', 'c', 'd'].map((bench) => job(bench, 1));
    const { state } = await night(jobs, {}, {
      settings: { ...settings, parallel: 2 },
      runJob: async () => {
        most = Math.max(most, ++now);
        await delay(5);
        now--;
        return attempt('passed');
      },
    });
    expect([most, new Set(Object.values(verdicts(state)))]).toEqual([2, new Set(['passed'])]);
  });

  it('a firmware failure → never repeated; a bench fault → repeated as often as is said', async () => {
    const { state, ran } = await night([job('a', 1), job('a', 2), job('a', 3)], { 'a-1': ['failed'], 'a-2': ['bench'], 'a-3': ['bench', 'bench'] });
    expect(ran).toEqual(['a-1#1', 'a-2#1', 'a-2#2', 'a-3#1', 'a-3#2']);
    expect(verdicts(state)).toEqual({ 'a-1': 'failed', 'a-2': 'passed', 'a-3': 'bench' });
    expect(judgeNight(state.jobs.values())).toBe('failed');
  });

  it('bench faults in a row → the bench is quarantined, the others go on; twin: a result in between → it is not', async () => {
    const jobs = [...[1, 2, 3, 4].map((number) => job('a', number)), job('b', 1)];
    const { state } = await night(jobs, { 'a-1': ['bench', 'bench'], 'a-2': ['bench', 'passed'] });
    expect(verdicts(state)).toEqual({ 'a-1': 'bench', 'a-2': 'bench', 'a-3': 'not-run', 'a-4': 'not-run', 'b-1': 'passed' });
    expect(state.quarantined.get('a')).toBe('a-2 attempt 1');
    expect(state.jobs.get('a-3')?.reason).toBe('a is quarantined: a-2 attempt 1');
    expect(judgeNight(state.jobs.values())).toBe('bench');
    const twin = await night(jobs, { 'a-1': ['bench', 'failed'], 'a-2': ['bench', 'passed'] });
    expect([twin.state.quarantined.size, verdicts(twin.state)['a-4']]).toEqual([0, 'passed']);
  });

  it('a board that somebody else has → tried again, and no fault of the bench', async () => {
    const { state, ran } = await night([job('a', 1), job('a', 2), job('a', 3)], { 'a-1': ['held', 'passed'], 'a-2': ['held', 'held', 'held'] });
    expect(ran).toEqual(['a-1#1', 'a-1#2', 'a-2#1', 'a-2#2', 'a-2#3', 'a-3#1']);
    expect([verdicts(state), state.quarantined.size]).toEqual([{ 'a-1': 'passed', 'a-2': 'bench', 'a-3': 'passed' }, 0]);
  });

  it('something impossible was asked for → neither repeated nor a fault of the bench', async () => {
    const { state, ran } = await night([job('a', 1), job('a', 2)], { 'a-1': ['configuration'], 'a-2': ['guard'] });
    expect([ran.length, state.quarantined.size, judgeNight(state.jobs.values())]).toEqual([2, 0, 'guard']);
  });

  it('the time budget used up, while the clock is set back a day → the rest does not run, and says so', async () => {
    const realNow = Date.now;
    try {
      const { state } = await night([job('a', 1), job('a', 2)], {}, {
        settings: { ...settings, budgetMinutes: 0.001 },
        runJob: async () => {
          Date.now = () => realNow() - 86_400_000;
          await delay(70);
          return attempt('passed');
        },
      });
      expect(verdicts(state)).toEqual({ 'a-1': 'passed', 'a-2': 'not-run' });
      expect([state.jobs.get('a-2')?.reason, judgeNight(state.jobs.values())]).toEqual(['the time budget of the night was used up', 'bench']);
    } finally {
      Date.now = realNow;
    }
  });

  it('a retry → whatever helps the bench comes first', async () => {
    const cycled: string[] = [];
    await night([job('a', 1)], { 'a-1': ['bench'] }, { beforeRetry: async ({ id }) => void cycled.push(id) });
    expect(cycled).toEqual(['a-1']);
  });

  it('interrupted → what ran is not told as ended, nothing else is started; resumed → exactly the rest', async () => {
    const abort = new AbortController();
    const jobs = [1, 2, 3].map((number) => job('a', number));
    const first = await night(jobs, {}, {
      signal: abort.signal,
      runJob: async ({ id }) => {
        if (id === 'a-1') return attempt('passed');
        abort.abort();
        return attempt('interrupted');
      },
    });
    expect(verdicts(first.state)).toEqual({ 'a-1': 'passed', 'a-2': undefined, 'a-3': undefined });
    const second = await night(jobs, {}, {}, [...first.events.slice(1), { event: 'night-resumed', time }]);
    expect([second.ran, new Set(Object.values(verdicts(second.state)))]).toEqual([['a-2#1', 'a-3#1'], new Set(['passed'])]);
  });

  it('a run that ended although the night was interrupted → counts', async () => {
    const abort = new AbortController();
    const { state } = await night([job('a', 1), job('a', 2)], {}, {
      signal: abort.signal,
      runJob: async () => {
        abort.abort();
        return attempt('failed');
      },
    });
    expect(verdicts(state)).toEqual({ 'a-1': 'failed', 'a-2': undefined });
  });

  it('resumed after a quarantine → the bench gets another chance, with what had no turn', async () => {
    const jobs = [1, 2, 3].map((number) => job('a', number));
    const first = await night(jobs, { 'a-1': ['bench', 'bench'], 'a-2': ['bench'] });
    const second = await night(jobs, {}, {}, [...first.events.slice(1), { event: 'night-resumed', time }]);
    expect([second.ran, second.state.quarantined.size]).toEqual([['a-3#1'], 0]);
  });

  it('a night of nothing → not green', () => expect(judgeNight([])).toBe('bench'));
});

describe('the log of a night', () => {
  const path = (): string => join(folder, 'night-1', 'night.jsonl');
  const write = (...events: NightEvent[]): void => {
    mkdirSync(join(folder, 'night-1'), { recursive: true });
    const log = new NightLog(path());
    events.forEach((event) => log.append(event));
    log.close();
  };

  it('an event told → on the disk before the log is closed', () => {
    mkdirSync(join(folder, 'night-1'));
    const log = new NightLog(path());
    log.append(started([job('a', 1)]));
    expect(readNight(path())?.jobs.size).toBe(1);
    log.close();
  });

  it('cut anywhere, as a crash does → the night as of its last whole line, and what is appended is read', () => {
    write(started([job('a', 1), job('a', 2)]), { event: 'job-started', time, job: 'a-1', attempt: 1 }, { event: 'job-ended', time, job: 'a-1', verdict: 'passed', reason: '' });
    const whole = readFileSync(path());
    const firstLine = whole.indexOf(10) + 1;
    for (let length = firstLine; length < whole.length; length += 7) {
      writeFileSync(path(), whole.subarray(0, length));
      expect(verdicts(readNight(path())!)).toEqual({ 'a-1': undefined, 'a-2': undefined });
      write({ event: 'job-ended', time, job: 'a-2', verdict: 'failed', reason: '' });
      expect(verdicts(readNight(path())!)).toMatchObject({ 'a-2': 'failed' });
    }
  });

  it('a night without an end → found for its lab file; one that ended, of another lab, or no log → not', () => {
    write(started([job('a', 1)]));
    expect(unfinishedNight(folder, '/x.lab.yaml')?.folder).toBe(join(folder, 'night-1'));
    expect(unfinishedNight(folder, '/y.lab.yaml')).toBeUndefined();
    write({ event: 'night-ended', time, verdict: 'passed' });
    expect(unfinishedNight(folder, '/x.lab.yaml')).toBeUndefined();
    write({ event: 'night-resumed', time });
    expect(unfinishedNight(folder, '/x.lab.yaml')).toBeDefined();
    appendFileSync(path(), 'nonsense\n');
    expect(unfinishedNight(folder, '/x.lab.yaml')).toBeUndefined();
    expect(unfinishedNight(join(folder, 'none'), '/x.lab.yaml')).toBeUndefined();
  });
});
