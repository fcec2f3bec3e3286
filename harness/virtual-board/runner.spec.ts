import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { StopReason } from '../emulator/ports.js';
import { Runner } from './runner.js';

/** A core that answers `run` from a script and then sleeps for ever. */
class ScriptedCore {
  readonly scheduler = { now: 0 };
  readonly log: string[] = [];
  constructor(readonly script: (StopReason | 'work')[]) {}
  run(): StopReason {
    const next = this.script.shift() ?? { kind: 'idle', until: undefined };
    this.log.push(`run@${String(this.scheduler.now)}`);
    if (next !== 'work') return next;
    this.scheduler.now += 1000;
    return { kind: 'budget' };
  }
  advanceTo(cycle: number): void {
    this.log.push(`advance@${String(cycle)}`);
    this.scheduler.now = cycle;
  }
}

const frequency = 1_000_000;

function start(core: ScriptedCore, sending = false): { runner: Runner; ends: StopReason[]; defects: unknown[]; slices: () => number } {
  const defects: unknown[] = [];
  const ends: StopReason[] = [];
  let slices = 0;
  const runner = new Runner(core, () => frequency, { isSending: () => sending, onSlice: () => slices++, onEnd: (reason) => ends.push(reason), onDefect: (error) => defects.push(error) });
  runner.start();
  return { runner, ends, defects, slices: () => slices };
}

describe('Runner', () => {
  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['nextTick'] });
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('a core that sleeps until an event in 100 ms → nothing runs before, it goes on then', () => {
    const core = new ScriptedCore([{ kind: 'idle', until: 100_000 }]);
    start(core);
    jest.advanceTimersByTime(99);
    expect(core.log).toEqual(['run@0']);
    jest.advanceTimersByTime(2);
    // The second look finds the event due at the same place: the script has ended, it sleeps for ever.
    expect(core.log).toEqual(['run@0', 'run@0']);
  });

  it('an event that is due when the core sleeps again → board time moves there', () => {
    const sleep: StopReason = { kind: 'idle', until: 10_000 };
    const core = new ScriptedCore([sleep, sleep]);
    start(core);
    jest.advanceTimersByTime(11);
    expect(core.log).toEqual(['run@0', 'run@0', 'advance@10000', 'run@10000']);
  });

  it('events of a 1 ms tick → served in bursts, none lost', () => {
    const core = new ScriptedCore(Array.from({ length: 400 }, (_, i): StopReason => ({ kind: 'idle', until: 1000 * (Math.floor(i / 2) + 1) })));
    const ticks: number[] = [];
    core.advanceTo = (cycle) => {
      ticks.push(cycle);
      core.scheduler.now = cycle;
    };
    core.run = () => ({ kind: 'idle', until: core.scheduler.now + 1000 });
    const { runner, slices } = start(core);
    jest.advanceTimersByTime(1000);
    runner.stop();
    expect(ticks.length).toBeGreaterThan(980);
    expect(ticks.length).toBeLessThanOrEqual(1000);
    expect(slices()).toBeLessThan(150);
  });

  it('console output on its way → board time is skipped at once, no waiting', () => {
    const core = new ScriptedCore([{ kind: 'idle', until: 5_000_000 }]);
    start(core, true);
    jest.advanceTimersByTime(1);
    expect(core.log).toEqual(['run@0', 'advance@5000000', 'run@5000000']);
  });

  it('a core that only input can wake → runs again when woken, and costs no timer before', () => {
    const core = new ScriptedCore([]);
    const { runner } = start(core);
    jest.advanceTimersByTime(60_000);
    expect(core.log).toEqual(['run@0']);
    expect(jest.getTimerCount()).toBe(0);
    runner.wake();
    jest.advanceTimersByTime(1);
    expect(core.log).toEqual(['run@0', 'run@0']);
  });

  it('a reset asked for by the core → reported once, nothing runs after it', () => {
    const core = new ScriptedCore(['work', { kind: 'reset', cause: 'system' }, 'work']);
    const { runner, ends } = start(core);
    jest.advanceTimersByTime(1000);
    expect(ends).toEqual([{ kind: 'reset', cause: 'system' }]);
    expect(runner.active).toBe(false);
    runner.wake();
    jest.advanceTimersByTime(1000);
    expect(core.script).toEqual(['work']);
  });

  it('a core that throws → reported once, nothing runs after it', () => {
    const core = new ScriptedCore(['work']);
    const failure = new Error('no such row');
    core.run = () => {
      throw failure;
    };
    const { runner, defects } = start(core);
    jest.advanceTimersByTime(1000);
    expect(defects).toEqual([failure]);
    expect(runner.active).toBe(false);
  });

  it('stopped by the probe → neither time nor input makes it run', () => {
    const core = new ScriptedCore([{ kind: 'idle', until: 1000 }]);
    const { runner } = start(core);
    jest.advanceTimersByTime(1);
    runner.stop();
    runner.wake();
    jest.advanceTimersByTime(1000);
    expect(core.log).toEqual(['run@0']);
  });
});
