import type { Job } from '../lab/index.js';

/** How long a night will still take: its benches work beside each other, each at the pace of the runs so far. */
export class NightEta {
  readonly #left = new Map<string, Job>();
  readonly #benchOf = new Map<string, string>();
  readonly #paces = new Map<string, { runs: number; ms: number }>();

  constructor(jobs: readonly Job[]) {
    for (const job of jobs) {
      this.#left.set(job.id, job);
      this.#benchOf.set(job.id, job.bench);
    }
  }

  took(id: string, ms: number): void {
    const bench = this.#benchOf.get(id);
    if (bench === undefined) return;
    const pace = this.#paces.get(bench) ?? { runs: 0, ms: 0 };
    this.#paces.set(bench, { runs: pace.runs + 1, ms: pace.ms + ms });
  }

  done(id: string): void {
    this.#left.delete(id);
  }

  /** Undefined before the first run has ended. @param running jobs that run now, and for how long */
  leftMs(running: readonly { readonly job: string; readonly forMs: number }[]): number | undefined {
    const all = [...this.#paces.values()].reduce((sum, { runs, ms }) => ({ runs: sum.runs + runs, ms: sum.ms + ms }), { runs: 0, ms: 0 });
    if (all.runs === 0) return undefined;
    const byBench = new Map<string, number>();
    for (const { id, bench } of this.#left.values()) {
      const own = this.#paces.get(bench) ?? all;
      const spent = running.find(({ job }) => job === id)?.forMs ?? 0;
      byBench.set(bench, (byBench.get(bench) ?? 0) + Math.max(0, own.ms / own.runs - spent));
    }
    return Math.max(0, ...byBench.values());
  }
}
