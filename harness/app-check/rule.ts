import type { Application } from './application.js';
import type { BootSurroundings } from './boot-surroundings.js';
import type { Observation, Severity } from './finding.js';

/** One assumption of the secure boot, checked. */
export interface Rule {
  /** Stable, lower-case, dashed: what `--ignore` and dashboards name. */
  readonly id: string;
  readonly title: string;
  readonly severity: Severity;
  /** What goes wrong otherwise. */
  readonly why: string;
  readonly fix: string;
  /** Document or source file and place that the rule rests on. */
  readonly source: string;
  readonly check: (application: Application, boot: BootSurroundings) => readonly Observation[];
}
