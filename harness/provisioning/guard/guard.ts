import { HarnessError } from '../../errors/index.js';
import { Evidence } from '../evidence.js';
import { boardRules } from './board-rules.js';
import type { GuardFacts, GuardRule, RuleVerdict } from './facts.js';
import { imageRules } from './image-rules.js';
import { keyRules } from './key-rules.js';

/** Every rule, in the order in which a person would check them. */
export const guardRules: readonly GuardRule[] = [...boardRules.slice(0, 5), ...keyRules, ...imageRules, ...boardRules.slice(5)];

/** Those that judge permission and files alone: a closed board is opened, and so erased, only when these do not refuse what is to follow. */
const inputRules: readonly GuardRule[] = [...boardRules.filter(({ id }) => id === 'permission'), ...keyRules, ...imageRules];

export interface GuardFinding {
  readonly rule: string;
  readonly title: string;
  readonly verdict: RuleVerdict;
}

/** What every rule says, in order. */
export function judgeAll(facts: GuardFacts, rules: readonly GuardRule[] = guardRules): GuardFinding[] {
  return rules.map(({ id, title, judge }) => ({ rule: id, title, verdict: judge(facts) }));
}

export function refusals(findings: readonly GuardFinding[]): GuardFinding[] {
  return findings.filter(({ verdict }) => verdict.status === 'refused');
}

/** A refusal in words, one block a rule. */
export function refusalText({ rule, verdict }: GuardFinding): string[] {
  if (verdict.status !== 'refused') return [];
  return [`${rule}: ${verdict.found}`, `  would have happened: ${verdict.wouldHave}`, `  now: ${verdict.now}`, `  command: ${verdict.command}`];
}

/**
 * Lets a product-state change through only when every rule is proven or does not apply.
 * @throws HarnessError `brick-guard` (guard) with the list
 */
export function requireAll(facts: GuardFacts, rules: readonly GuardRule[] = guardRules): GuardFinding[] {
  const findings = judgeAll(facts, rules);
  const against = refusals(findings);
  if (against.length === 0) return findings;
  const first = against[0]!.verdict as Extract<RuleVerdict, { status: 'refused' }>;
  throw new HarnessError({
    code: 'brick-guard',
    kind: 'guard',
    message: `${facts.before === 'plan' ? 'refused before anything was done' : `refused before product state ${facts.before}`}, for ${against.length === 1 ? 'one reason' : `${against.length} reasons`}: ${against.map(({ rule }) => rule).join(', ')}`,
    nextStep: `${first.now}: ${first.command}`,
    fields: { before: facts.before, rules: against.map(({ rule }) => rule), reasons: against.flatMap(refusalText) },
  });
}

/**
 * Asked before a closed board is opened to be provisioned anew: what the inputs themselves forbid.
 * @throws HarnessError `brick-guard` (guard) with the list
 */
export function requireInputs(facts: Pick<GuardFacts, 'inputs' | 'permissions' | 'probeSn' | 'boardArguments'>): GuardFinding[] {
  return requireAll({ ...facts, before: 'plan', tool: { version: '', problem: null }, startState: 'OPEN', evidence: new Evidence() }, inputRules);
}
