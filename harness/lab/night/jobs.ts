import type { BootPathName, ExecutionMode, UpdateMode } from '../../board/index.js';
import { loadKit } from '../../board/index.js';
import type { LabBench, LabFile } from '../lab-file/index.js';
import { coverable } from '../lab-file/index.js';

export interface JobConfiguration {
  readonly bootPath: BootPathName;
  readonly mode: UpdateMode;
  readonly exec: ExecutionMode;
}

/** One run of a night: suites on one bench in one configuration. */
export interface Job {
  /** `desk-oemirot-swap-xip`, and `-2` for a second repetition: unique in a night, fit for a folder. */
  readonly id: string;
  readonly bench: string;
  readonly configuration: JobConfiguration;
  /** As on the command line; empty: every shipped suite. */
  readonly suites: readonly string[];
}

/** The matrix of a night: benches × boot paths × modes × execution modes, as far as each kit has them, times `repeat`. */
export function planJobs(lab: LabFile, benches: readonly LabBench[]): Job[] {
  return benches.flatMap((bench) =>
    coverable(loadKit(bench.kit), bench.cover).flatMap(({ bootPath, mode, exec }) =>
      Array.from({ length: lab.nightly.repeat }, (_, index) => ({
        id: `${bench.name}-${bootPath}-${mode}-${exec}${index === 0 ? '' : `-${index + 1}`}`,
        bench: bench.name,
        configuration: { bootPath, mode, exec },
        suites: bench.cover.suites ?? lab.nightly.suites ?? [],
      })),
    ),
  );
}

/**
 * What has to be provisioned anew from one configuration to the next: a boot path means a regression and everything after it, a mode
 * another root of trust and its OBKeys, an execution mode another root of trust and image, the same configuration nothing.
 */
export function provisioningCost(from: JobConfiguration | undefined, to: JobConfiguration): number {
  if (from === undefined || from.bootPath !== to.bootPath) return 100;
  if (from.mode !== to.mode) return 10;
  return from.exec === to.exec ? 0 : 1;
}

/** The order of one bench's jobs in which it is provisioned least, from what it has now. */
export function orderJobs(jobs: readonly Job[], current: JobConfiguration | undefined): Job[] {
  const left = [...jobs];
  const ordered: Job[] = [];
  let at = current;
  while (left.length > 0) {
    // Costs nest (boot path, mode, execution mode), so the nearest next one is also the cheapest tour.
    const next = left.reduce((best, job) => (provisioningCost(at, job.configuration) < provisioningCost(at, best.configuration) ? job : best));
    left.splice(left.indexOf(next), 1);
    ordered.push(next);
    at = next.configuration;
  }
  return ordered;
}
