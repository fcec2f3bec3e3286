import type { Job, JobConfiguration } from './jobs.js';

/** How a job ended. `configuration`: it was asked for something impossible · `guard`: refused by the brick guard · `not-run`: it had no turn. */
export type JobVerdict = 'passed' | 'failed' | 'bench' | 'configuration' | 'guard' | 'not-run';

export interface JobCounts {
  readonly passed: number;
  readonly failed: number;
  readonly bench: number;
  readonly skipped: number;
}

/** What one attempt came to. */
export interface AttemptResult {
  /** `held`: somebody else has the board · `interrupted`: the night is being ended, nothing is known. */
  readonly verdict: Exclude<JobVerdict, 'not-run'> | 'held' | 'interrupted';
  /** Why, where it did not pass. */
  readonly reason: string;
  readonly counts: JobCounts;
  /** Folder of the run, relative to the reports; null where there was none. */
  readonly folder: string | null;
  readonly durationMs: number;
}

/** What happened in a night, one line each in its log: what a resumed night goes by. Times of day are for people only. */
export type NightEvent =
  | { readonly event: 'night-started'; readonly schema: 1; readonly time: string; readonly night: string; readonly lab: string; readonly jobs: readonly Job[] }
  | { readonly event: 'night-resumed'; readonly time: string }
  | { readonly event: 'job-started'; readonly time: string; readonly job: string; readonly attempt: number }
  | ({ readonly event: 'attempt-ended'; readonly time: string; readonly job: string; readonly attempt: number } & AttemptResult)
  | { readonly event: 'job-ended'; readonly time: string; readonly job: string; readonly verdict: JobVerdict; readonly reason: string }
  | { readonly event: 'bench-quarantined'; readonly time: string; readonly bench: string; readonly reason: string }
  | { readonly event: 'night-ended'; readonly time: string; readonly verdict: NightVerdict };

export type NightVerdict = 'passed' | 'failed' | 'guard' | 'configuration' | 'bench';

/** A job as far as the log tells. */
export interface JobState {
  readonly job: Job;
  /** Undefined: it has not ended. */
  readonly verdict: JobVerdict | undefined;
  readonly reason: string;
  readonly attempts: readonly AttemptResult[];
}

/** A night as its log tells it. */
export interface NightState {
  readonly night: string;
  readonly lab: string;
  readonly jobs: ReadonlyMap<string, JobState>;
  /** By bench: why it is left alone. */
  readonly quarantined: ReadonlyMap<string, string>;
  /** By bench: what it was given last. */
  readonly current: ReadonlyMap<string, JobConfiguration>;
  readonly ended: boolean;
}

/** Sorts the events of a night. Undefined where they do not begin with its start. */
export function stateOf(events: readonly NightEvent[]): NightState | undefined {
  const [started] = events;
  if (started?.event !== 'night-started') return undefined;
  const jobs = new Map<string, JobState>(started.jobs.map((job) => [job.id, { job, verdict: undefined, reason: '', attempts: [] }]));
  const quarantined = new Map<string, string>();
  const current = new Map<string, JobConfiguration>();
  let ended = false;
  const update = (id: string, change: (state: JobState) => Partial<JobState>): void => {
    const state = jobs.get(id);
    if (state !== undefined) jobs.set(id, { ...state, ...change(state) });
  };
  for (const event of events) {
    switch (event.event) {
      case 'night-resumed':
        // Whoever resumes has looked at the benches; jobs that had no turn get one.
        quarantined.clear();
        ended = false;
        for (const [id, { verdict }] of jobs) if (verdict === 'not-run') update(id, () => ({ verdict: undefined, reason: '' }));
        break;
      case 'job-started': {
        const job = jobs.get(event.job)?.job;
        if (job !== undefined) current.set(job.bench, job.configuration);
        break;
      }
      case 'attempt-ended': {
        const { verdict, reason, counts, folder, durationMs } = event;
        update(event.job, ({ attempts }) => ({ attempts: [...attempts, { verdict, reason, counts, folder, durationMs }] }));
        break;
      }
      case 'job-ended':
        update(event.job, () => ({ verdict: event.verdict, reason: event.reason }));
        break;
      case 'bench-quarantined':
        quarantined.set(event.bench, event.reason);
        break;
      case 'night-ended':
        ended = true;
        break;
      case 'night-started':
        break;
    }
  }
  return { night: started.night, lab: started.lab, jobs, quarantined, current, ended };
}

/** The worst verdict about the firmware; where that is no failure, what kept it from being complete. */
export function judgeNight(jobs: Iterable<JobState>): NightVerdict {
  const verdicts = new Set([...jobs].map(({ verdict }) => verdict ?? 'not-run'));
  if (verdicts.has('failed')) return 'failed';
  if (verdicts.has('guard')) return 'guard';
  if (verdicts.has('configuration')) return 'configuration';
  if (verdicts.has('bench') || verdicts.has('not-run') || verdicts.size === 0) return 'bench';
  return 'passed';
}
