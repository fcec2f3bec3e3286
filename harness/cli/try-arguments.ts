import type { ConfigurationArguments } from './configuration-options.js';

/** Options of `rot-hil try`. */
export interface TryArguments extends ConfigurationArguments {
  readonly kit: string;
  readonly rotConfig?: string;
  readonly rotRelease: 'current' | 'ahb-sram2';
  readonly confirm?: boolean;
  readonly swapFrom?: string;
  /** Board time, seconds. */
  readonly for: number;
  readonly expect?: string;
  readonly input?: string;
  readonly seed: number;
  readonly allowUnmodelled?: readonly string[];
  readonly json?: boolean;
}
