import { InvalidArgumentError } from 'commander';
import { parseNumber } from '../units/index.js';

/** Parser of an option that is a whole number, decimal or 0x…. */
export function wholeNumber(least: number, most = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = parseNumber(text);
    if (value === undefined || value < least || value > most) throw new InvalidArgumentError(`give a whole number from ${least} to ${most}, decimal or 0x…`);
    return value;
  };
}
