import type { TargetState } from '../../programmer/index.js';
import type { Evidence } from '../evidence.js';
import type { ProvisioningInputs } from '../inputs.js';
import type { ProductState } from '../product-state.js';

/** What the owner of a board allows, from its entry in the lab file. */
export interface BoardPermissions {
  /** Product states that the board may be brought to; the way there is part of it. */
  readonly productStates: readonly string[];
  /** Whether it may be locked for ever. */
  readonly locked: boolean;
}

/** Everything that the brick guard judges by. Plain values: it reads nothing and asks nobody. */
export interface GuardFacts {
  readonly inputs: ProvisioningInputs;
  /** `plan`: nothing was done yet · otherwise the state that the next call brings the board to. */
  readonly before: 'plan' | TargetState;
  readonly permissions: BoardPermissions;
  /** Probe serial number given with `--locked-is-for-ever`. */
  readonly lockedIsForEver?: string;
  readonly probeSn: string;
  /** Version of the tool and why it cannot be used, if so. */
  readonly tool: { readonly version: string; readonly problem: string | null };
  /** As read at the start of this run. */
  readonly startState: ProductState;
  /** Seen in this run so far. */
  readonly evidence: Evidence;
  /** Name of the board on the command line, for the commands in a refusal. */
  readonly boardArguments: string;
}

/** What a rule says. Every text is for a person at a bench. */
export type RuleVerdict =
  | { readonly status: 'proven'; readonly found: string }
  | { readonly status: 'refused'; readonly found: string; readonly wouldHave: string; readonly now: string; readonly command: string }
  | { readonly status: 'not-applicable'; readonly found: string }
  /** Cannot be known before the plan runs; judged again before the state that needs it. */
  | { readonly status: 'later'; readonly found: string };

export interface GuardRule {
  /** Lower-case, dashed, stable: `da-credential`. */
  readonly id: string;
  readonly title: string;
  readonly judge: (facts: GuardFacts) => RuleVerdict;
}

export const proven = (found: string): RuleVerdict => ({ status: 'proven', found });
export const notApplicable = (found: string): RuleVerdict => ({ status: 'not-applicable', found });
export const later = (found: string): RuleVerdict => ({ status: 'later', found });
export const refused = (found: string, wouldHave: string, now: string, command: string): RuleVerdict => ({ status: 'refused', found, wouldHave, now, command });

/** Whether the call that is asked about is the one after which only the credential helps. */
export const isFinal = ({ before }: GuardFacts): boolean => before === 'CLOSED' || before === 'LOCKED';
/** Whether the plan changes the product state at all. */
export const changesState = ({ inputs }: GuardFacts): boolean => inputs.state !== 'OPEN';
