import type { ConfigurationArguments } from './configuration-options.js';

/** Options of `rot-hil adapt`. */
export interface AdaptArguments extends ConfigurationArguments {
  readonly kit: string;
  readonly rotConfig?: string;
  readonly project?: string;
  readonly dryRun?: boolean;
  readonly snippets?: boolean;
  readonly json?: boolean;
}
