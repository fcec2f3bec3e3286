import type { LabBench, LabFile } from './lab-file/index.js';
import { benchNamed } from './lab-file/index.js';
import type { BoardLease, LeaseRequest } from './lease/index.js';
import { takeLease } from './lease/index.js';

/**
 * Where boards are found and leased. Here: a lab file, and a folder of this machine (or one that several hosts share). A lab on many
 * hosts is another one of these; where the tool runs is `ToolRunner` (programmer), how a console is reached `ConsoleTransport`
 * (console). Nothing else knows where a board stands.
 */
export interface BoardBackend {
  /** The bench of that name, compared without case; undefined for none. */
  find(name: string): LabBench | undefined;
  /** @throws as `takeLease` */
  lease(request: Omit<LeaseRequest, 'folder'>): Promise<BoardLease>;
}

/** The boards of this machine; without a lab file only those that are described on the command line, and virtual ones. */
export function localBackend(lab?: LabFile): BoardBackend {
  return {
    find: (name) => (lab === undefined ? undefined : benchNamed(lab, name)),
    lease: (request) => takeLease({ ...request, ...(lab?.leases === undefined ? {} : { folder: lab.leases }) }),
  };
}
