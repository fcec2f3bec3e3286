import { nearest } from '../board/nearest.js';
import { HarnessError } from '../errors/index.js';
import type { ConfigurationArguments } from './configuration-options.js';

/** What a Jest configuration says of the board, in `testEnvironmentOptions`: the options of `rot-hil run`, as camel case. */
export interface JestBoardOptions extends ConfigurationArguments {
  readonly board?: string;
  readonly lab?: string;
  readonly app?: string;
  readonly appVersion?: string;
  readonly mce?: 'on' | 'off';
  readonly seed?: number;
  readonly report?: string;
  readonly probeSn?: string;
  readonly console?: string;
  readonly tool?: string;
  readonly kit?: string;
  readonly rot?: string;
  readonly allowUnmodelled?: readonly string[];
}

const choices = { bootPath: ['oemirot', 'stirot', 'stirot-oemurot'], mode: ['overwrite', 'swap'], exec: ['ext-ram', 'xip', 'int-ram'], mce: ['on', 'off'] } as const;
const texts = ['board', 'lab', 'app', 'appVersion', 'report', 'probeSn', 'console', 'tool', 'kit', 'rot'] as const;
/** Options of Jest's own Node environment, which stand in the same object. */
const jestsOwn = ['customExportConditions', 'globalsCleanup', 'html', 'url', 'userAgent'];
const known = [...Object.keys(choices), ...texts, 'seed', 'allowUnmodelled'];

/** Checks the options of a Jest configuration. @throws HarnessError `jest-options` (usage), naming the option */
export function readJestOptions(given: Readonly<Record<string, unknown>>): JestBoardOptions {
  const options: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || jestsOwn.includes(name)) continue;
    if (!known.includes(name)) {
      const guess = nearest(name, known);
      throw wrong(`there is no option ${JSON.stringify(name)}${guess === undefined ? '' : `; did you mean ${guess}?`}`, `name one of ${known.join(', ')}`);
    }
    options[name] = checked(name, value);
  }
  return options;
}

function checked(name: string, value: unknown): unknown {
  if (name in choices) {
    const allowed: readonly string[] = choices[name as keyof typeof choices];
    const word = typeof value === 'string' ? value.toLowerCase() : '';
    if (!allowed.includes(word)) throw wrong(`${name} is ${JSON.stringify(value)}`, `give one of ${allowed.join(', ')}`);
    return word;
  }
  if (name === 'seed') {
    if (!Number.isInteger(value) || (value as number) < 0 || (value as number) > 0xffffffff) throw wrong(`seed is ${JSON.stringify(value)}`, 'give a whole number from 0 to 0xffffffff');
    return value;
  }
  if (name === 'allowUnmodelled') {
    if (!Array.isArray(value) || !value.every((one) => typeof one === 'string')) throw wrong('allowUnmodelled is no list of names', "write ['XSPI1']");
    return value;
  }
  if (typeof value !== 'string' || value === '') throw wrong(`${name} is ${JSON.stringify(value)}`, 'give a text');
  return value;
}

function wrong(message: string, nextStep: string): HarnessError {
  return new HarnessError({ code: 'jest-options', kind: 'usage', message: `testEnvironmentOptions of the Jest configuration: ${message}`, nextStep });
}
