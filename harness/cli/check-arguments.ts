import type { CheckReport, Severity } from '../app-check/index.js';
import type { ConfigurationArguments } from './configuration-options.js';

/** Options of `rot-hil check`. */
export interface CheckArguments extends ConfigurationArguments {
  readonly kit: string;
  readonly map?: string;
  readonly base?: number;
  readonly rotConfig?: string;
  readonly rotRelease: 'current' | 'ahb-sram2';
  readonly itcmShare: number;
  readonly dtcmShare: number;
  readonly keepIntRam?: boolean;
  readonly source?: string;
  readonly failOn: Severity;
  readonly ignore?: string;
  readonly sarif?: string;
  readonly verbose?: boolean;
  readonly json?: boolean;
}

/** One application or linker script with what was found in it. */
export interface CheckedSubject {
  readonly name: string;
  readonly configuration: { readonly kit: string; readonly bootPath: string; readonly mode: string; readonly exec: string };
  readonly report: CheckReport;
  readonly notes: readonly string[];
}
