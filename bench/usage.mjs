// The arguments of a benchmark: wrong ones end with what is wrong, the usage line and exit code 2, `--help` with the usage line.
import process from 'node:process';
import { parseArgs } from 'node:util';

/** @param usage without `node`: `bench/lease.mjs [--runs n]` @param wrong undefined for help */
export function endWithUsage(usage, wrong) {
  if (wrong !== undefined) console.error(wrong);
  (wrong === undefined ? console.log : console.error)(`usage: node ${usage}`);
  process.exit(wrong === undefined ? 0 : 2);
}

/**
 * The options as node:util's parseArgs takes and gives them.
 * @param numbers names of those that are whole numbers from 1 on @param known what an option may be, by name
 */
export function argumentsOf(usage, options, { numbers = [], known = {} } = {}) {
  let values;
  try {
    ({ values } = parseArgs({ options: { ...options, help: { type: 'boolean' } } }));
  } catch (error) {
    endWithUsage(usage, error.message.split('. ', 1)[0]);
  }
  if (values.help) endWithUsage(usage);
  for (const name of numbers) {
    const number = Number(values[name]);
    if (values[name] !== undefined && !(Number.isSafeInteger(number) && number >= 1)) endWithUsage(usage, `--${name} is a whole number from 1 on, not ${values[name]}`);
  }
  for (const [name, words] of Object.entries(known)) {
    if (values[name] !== undefined && !words.includes(values[name])) endWithUsage(usage, `--${name} is one of ${words.join(', ')}, not ${values[name]}`);
  }
  return values;
}
