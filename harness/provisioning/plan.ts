import type { Milliseconds } from '../units/index.js';
import type { ToolRequest } from '../programmer/index.js';

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
}

/** An ordered list of tool calls: data, so that it can be shown, checked and compared before anything is done. */
export interface Plan {
  /** `oemirot overwrite ext-ram, product state OPEN`. */
  readonly name: string;
  readonly steps: readonly PlanStep[];
}
