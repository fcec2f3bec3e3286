import { types } from 'node:util';
import { HarnessError } from '../../errors/index.js';
import type { MatcherName, RejectionStage } from './options.js';

type Wants = 'text' | 'number' | 'flag' | 'RegExp' | 'RegExp or text' | 'texts';

/** What the matchers take. Jest strips types without looking at them: a misspelt option would be none, and the test another. */
const known: Readonly<Record<MatcherName, Readonly<Record<string, Wants>>>> = {
  toBoot: { version: 'text', banner: 'RegExp', asUpdate: 'flag', withinMs: 'number' },
  toBeRejected: { stage: 'text', reason: 'RegExp or text', withinMs: 'number' },
  toFault: { kind: 'text', address: 'number', pc: 'number', flags: 'texts', withinMs: 'number' },
  toPrint: { withinMs: 'number' },
};

const stages: Readonly<Record<RejectionStage, true>> = { header: true, trailer: true, 'decrypt-key': true, tlv: true, 'security-counter': true, hash: true, key: true, signature: true, 'slot-pattern': true };

/** The options of a matcher as an object. Throws usage errors: unknown names, values of another type, a stage that there is not, a banner without a group. */
export function optionsOf<T extends object>(name: MatcherName, given: unknown): T {
  const wants = known[name];
  if (given === undefined) return {} as T;
  if (typeof given !== 'object' || given === null) throw misuse(`${name} takes its options as an object, not ${String(given).slice(0, 80)}`, `write ${name}(${name === 'toPrint' ? '…, ' : ''}{ ${Object.keys(wants).join(', ')} })`);
  for (const [option, value] of Object.entries(given)) {
    const wanted = Object.hasOwn(wants, option) ? wants[option] : undefined;
    if (wanted === undefined) throw misuse(`${name} has no option ${JSON.stringify(option.slice(0, 80))}`, `name one of ${Object.keys(wants).join(', ')}`);
    if (value !== undefined && !fits(value, wanted)) throw misuse(`${option} of ${name} is no ${wanted}: ${String(value).slice(0, 80)}`, `give it a ${wanted}`);
  }
  const { stage, banner, version } = given as { readonly stage?: string; readonly banner?: RegExp; readonly version?: string };
  if (stage !== undefined && !Object.hasOwn(stages, stage)) throw misuse(`there is no stage ${JSON.stringify(stage.slice(0, 80))} at which an image is refused`, `name one of ${Object.keys(stages).join(', ')}`);
  if (banner !== undefined && version !== undefined && !hasGroup(banner)) throw misuse(`the banner ${String(banner)} has no group, which would be the version`, 'put the version into brackets: /^my-app v(\\S+)/');
  return given as T;
}

/** Refuses names that a request does not have. Throws usage errors. */
export function onlyOptions(what: string, given: object, names: readonly string[]): void {
  const unknown = Object.keys(given).find((name) => !names.includes(name));
  if (unknown !== undefined) throw misuse(`${what} has no option ${JSON.stringify(unknown.slice(0, 80))}`, `name one of ${names.join(', ')}`);
}

export function misuse(message: string, nextStep: string): HarnessError {
  return new HarnessError({ code: 'matcher-misused', kind: 'usage', message, nextStep });
}

function fits(value: unknown, wanted: Wants): boolean {
  switch (wanted) {
    case 'text':
      return typeof value === 'string';
    case 'number':
      return typeof value === 'number' && Number.isFinite(value);
    case 'flag':
      return typeof value === 'boolean';
    // Made in a test file's context: `instanceof` would deny it.
    case 'RegExp':
      return types.isRegExp(value);
    case 'RegExp or text':
      return typeof value === 'string' || types.isRegExp(value);
    case 'texts':
      return Array.isArray(value) && value.every((one) => typeof one === 'string');
  }
}

/** An alternative that matches nothing shows how many groups there are. */
function hasGroup(pattern: RegExp): boolean {
  return new RegExp(`${pattern.source}|`, pattern.flags).exec('')!.length > 1;
}
