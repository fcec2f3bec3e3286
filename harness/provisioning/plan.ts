import type { LifeCycle, TargetState, ToolRequest } from '../programmer/index.js';
import type { Milliseconds } from '../units/index.js';
import type { ProductState } from './product-state.js';

/** How the board tells whether a call did what it was asked, where the tool's own words prove nothing or did not come. */
export type Proof =
  | { readonly by: 'option-bytes'; readonly values: Readonly<Record<string, number>> }
  | { readonly by: 'product-state'; readonly state: ProductState }
  | { readonly by: 'discovery'; readonly lifeCycle: LifeCycle };

/** One call of the tool within a plan. */
export interface PlanStep {
  /** Lower-case, dashed, unique in the plan: `provision-config`. */
  readonly name: string;
  /** One clause: why this call is made, and why here. */
  readonly why: string;
  readonly request: ToolRequest;
  /** Pause that ST's script makes before the call; applied only when the execution asks for pauses. */
  readonly pauseBeforeMs?: Milliseconds;
  /** For a call that shows option bytes: the values that must be read. */
  readonly expectOptionBytes?: Readonly<Record<string, number>>;
  /** For a discovery: what it must show. */
  readonly expectLifeCycle?: LifeCycle;
  /** The product state that this call brings the board to. The brick guard is asked before it. */
  readonly reaches?: TargetState | 'OPEN';
  /** Read after the call, and after one whose outcome is unknown. */
  readonly proof?: Proof;
  /** A failure of this call is no failure of the plan: why. */
  readonly mayFail?: string;
}

/** An ordered list of tool calls: data, so that it can be shown, checked and compared before anything is done. */
export interface Plan {
  /** `oemirot overwrite ext-ram, product state OPEN`. */
  readonly name: string;
  readonly steps: readonly PlanStep[];
}
