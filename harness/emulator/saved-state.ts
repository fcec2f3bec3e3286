/** What a part of the machine is made of at one moment, as plain JSON: for snapshots. */
import { HarnessError } from '../errors/index.js';

export type SavedValue = number | boolean | string | null | readonly SavedValue[] | { readonly [name: string]: SavedValue };
export type Saved = Readonly<Record<string, SavedValue>>;

const largest = Number.MAX_SAFE_INTEGER;

function unfit(where: string, what: string): HarnessError {
  return new HarnessError({ code: 'snapshot', kind: 'usage', message: `the snapshot does not fit: ${where} ${what}`, nextStep: 'take it again with this version of rot-hil' });
}

/** Reads saved state that came from a file: every value is checked before it is used. All methods throw HarnessError `snapshot`. */
export class SavedReader {
  readonly #fields: Readonly<Record<string, unknown>>;

  constructor(
    value: unknown,
    private readonly where: string,
  ) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw unfit(where, 'is no object');
    this.#fields = value as Readonly<Record<string, unknown>>;
  }

  /** A finite number in a range. */
  number(name: string, lowest = -largest, highest = largest): number {
    return this.#number(name, this.#fields[name], lowest, highest);
  }

  /** A whole number in a range. */
  integer(name: string, lowest = 0, highest = largest): number {
    const value = this.number(name, lowest, highest);
    if (!Number.isInteger(value)) throw unfit(`${this.where}.${name}`, 'is no whole number');
    return value;
  }

  word(name: string): number {
    return this.integer(name, 0, 0xffffffff);
  }

  optional(name: string, lowest = -largest, highest = largest): number | undefined {
    return this.#fields[name] === null ? undefined : this.number(name, lowest, highest);
  }

  flag(name: string): boolean {
    const value = this.#fields[name];
    if (typeof value !== 'boolean') throw unfit(`${this.where}.${name}`, 'is not true or false');
    return value;
  }

  text(name: string, longest = 4096): string {
    const value = this.#fields[name];
    if (typeof value !== 'string' || value.length > longest) throw unfit(`${this.where}.${name}`, 'is no text of that length');
    return value;
  }

  texts(name: string, most: number): string[] {
    const value = this.#fields[name];
    if (!Array.isArray(value) || value.length > most || value.some((each) => typeof each !== 'string' || each.length > 200)) throw unfit(`${this.where}.${name}`, 'is no list of texts');
    return value as string[];
  }

  /** One of several words. */
  oneOf<T extends string>(name: string, words: readonly T[]): T {
    const value = this.#fields[name];
    if (!words.includes(value as T)) throw unfit(`${this.where}.${name}`, `is none of ${words.join(', ')}`);
    return value as T;
  }

  /** Numbers in a range, at most or exactly so many. */
  numbers(name: string, count: { readonly most?: number; readonly exactly?: number }, lowest = 0, highest = 0xffffffff): number[] {
    const value = this.#fields[name];
    const fits = Array.isArray(value) && (count.exactly === undefined ? value.length <= (count.most ?? 0) : value.length === count.exactly);
    if (!fits) throw unfit(`${this.where}.${name}`, 'is no list of that length');
    return value.map((each) => this.#number(name, each, lowest, highest));
  }

  /** A list of pairs of numbers as a map. */
  pairs(name: string, most: number, lowest = 0, highest = 0xffffffff): Map<number, number> {
    const flat = this.numbers(name, { most: 2 * most }, lowest, highest);
    if (flat.length % 2 !== 0) throw unfit(`${this.where}.${name}`, 'is no list of pairs');
    return new Map(Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i]!, flat[2 * i + 1]!]));
  }

  child(name: string): SavedReader {
    return new SavedReader(this.#fields[name], `${this.where}.${name}`);
  }

  isNull(name: string): boolean {
    return this.#fields[name] === null;
  }

  isText(name: string): boolean {
    return typeof this.#fields[name] === 'string';
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#fields, name);
  }

  #number(name: string, value: unknown, lowest: number, highest: number): number {
    if (typeof value !== 'number' || !(value >= lowest && value <= highest)) throw unfit(`${this.where}.${name}`, `is no number from ${String(lowest)} to ${String(highest)}`);
    return value;
  }
}

/** A map of numbers as a flat list of pairs. */
export const savedPairs = (map: ReadonlyMap<number, number>): number[] => [...map].flat();
