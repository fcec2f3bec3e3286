import { hex32 } from '../units/index.js';
import type { Application } from './application.js';
import type { BootSurroundings } from './boot-surroundings.js';
import type { Finding, Observation, Severity } from './finding.js';
import type { Rule } from './rule.js';
import { rules } from './rules/index.js';

export interface CheckReport {
  readonly findings: readonly Finding[];
  readonly verdict: 'ok' | 'failed';
}

const order: Readonly<Record<Severity, number>> = { error: 0, warning: 1, info: 2 };
/** A hostile file shall not fill a terminal. */
const mostPerRule = 20;

/**
 * Asks every rule.
 * @param options failOn: findings of this severity or a worse one fail the check (default `error`); ignore: ids of rules left out
 */
export function checkApplication(application: Application, boot: BootSurroundings, options: { readonly failOn?: Severity; readonly ignore?: ReadonlySet<string> } = {}): CheckReport {
  const { failOn = 'error', ignore } = options;
  const findings = rules.filter(({ id }) => ignore?.has(id) !== true).flatMap((rule) => observe(rule, application, boot));
  findings.sort((a, b) => order[a.severity] - order[b.severity]);
  return { findings, verdict: findings.some(({ severity }) => order[severity] <= order[failOn]) ? 'failed' : 'ok' };
}

function observe(rule: Rule, application: Application, boot: BootSurroundings): readonly Finding[] {
  return rule.check(application, boot).slice(0, mostPerRule).map((observation) => findingOf(rule, observation));
}

/** What a rule saw, with what it has to say. */
export function findingOf({ id, why, fix, source, severity: usual }: Rule, { address, expected, found, severity = usual, place }: Observation): Finding {
  return { rule: id, severity, address: address === undefined ? null : hex32(address), expected, found, why, fix, source, place: place ?? null };
}
