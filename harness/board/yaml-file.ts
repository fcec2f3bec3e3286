import { isUtf8 } from 'node:buffer';
import { readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { ErrorObject, ValidateFunction } from 'ajv';
import type * as Yaml from 'yaml';
import type { Document, LineCounter } from 'yaml';
import { HarnessError } from '../errors/index.js';
import { nearest } from './nearest.js';

const require = createRequire(import.meta.url);
/** Loaded at the first file only: most commands read no YAML of the user's. */
const yaml = (): typeof Yaml => require('yaml') as typeof Yaml;

/** A board file is a page or two of text. */
const maxFileSize = 1 << 20;

export type Path = readonly (string | number)[];

/** A YAML file that remembers where each of its values stands, so that an error can name the line. */
export class YamlFile {
  readonly #document: Document;
  readonly #lines: LineCounter;

  private constructor(
    readonly path: string,
    document: Document,
    lines: LineCounter,
  ) {
    this.#document = document;
    this.#lines = lines;
  }

  /** Reads a file. @throws HarnessError `board-file` (usage) when it cannot be read or is no YAML. */
  static read(path: string): YamlFile {
    let bytes: Buffer;
    try {
      if (statSync(path).size > maxFileSize) throw new Error('larger than 1 MB');
      bytes = readFileSync(path);
    } catch (cause) {
      throw new HarnessError({
        code: 'board-file',
        kind: 'usage',
        message: `${path} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
        nextStep: 'give the path of a readable YAML file',
        cause,
      });
    }
    if (!isUtf8(bytes)) {
      throw new HarnessError({ code: 'board-file', kind: 'usage', message: `${path}:${lineOfFirstBadByte(bytes)}: the text is not UTF-8`, nextStep: 'save the file as UTF-8', fields: { file: path } });
    }
    return YamlFile.parse(path, bytes.toString('utf8'));
  }

  /** @throws HarnessError `board-file` (usage) with file and line when the text is no YAML. */
  static parse(path: string, text: string): YamlFile {
    const { LineCounter, parseDocument } = yaml();
    const lines = new LineCounter();
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
    const error = document.errors[0];
    if (error !== undefined) {
      const several = error.code === 'MULTIPLE_DOCS';
      throw new HarnessError({
        code: 'board-file',
        kind: 'usage',
        message: `${path}:${lines.linePos(error.pos[0]).line}: ${several ? 'a second document begins' : error.message}`,
        nextStep: 'correct the YAML at that line',
      });
    }
    return new YamlFile(path, document, lines);
  }

  /** The content as plain values. @throws HarnessError `board-file` (usage) for aliases that expand without bound. */
  toValue(): unknown {
    try {
      return this.#document.toJS({ maxAliasCount: 20 });
    } catch (cause) {
      throw this.error([], cause instanceof Error ? cause.message : String(cause), 'write the values out instead of using aliases');
    }
  }

  /** Line (from 1) of the value at `path`, or of its key where `path` leads to a map entry. */
  lineOf(path: Path): number {
    for (let length = path.length; length > 0; length--) {
      const offset = this.#offsetOf(path.slice(0, length));
      if (offset !== undefined) return this.#lines.linePos(offset).line;
    }
    return 1;
  }

  #offsetOf(path: Path): number | undefined {
    const { isMap, isNode } = yaml();
    const key = path[path.length - 1];
    const parent = path.length === 1 ? this.#document.contents : this.#document.getIn(path.slice(0, -1), true);
    if (isMap(parent)) {
      const pair = parent.items.find((item) => isNode(item.key) && 'value' in item.key && String(item.key.value) === String(key));
      if (pair !== undefined && isNode(pair.key)) return pair.key.range?.[0];
    }
    const node = this.#document.getIn(path, true);
    return isNode(node) ? node.range?.[0] : undefined;
  }

  /** An error about the value at `path`, naming file and line. */
  error(path: Path, message: string, nextStep: string): HarnessError {
    return new HarnessError({
      code: 'board-file',
      kind: 'usage',
      message: `${this.path}:${this.lineOf(path)}: ${message}`,
      nextStep,
      fields: { file: this.path, line: this.lineOf(path) },
    });
  }

  /** The content, once it satisfies the schema. @throws HarnessError `board-file` (usage) with file, line and, for an unknown key, the nearest known one. */
  validate(check: ValidateFunction): unknown {
    const { value, mistakes } = this.checkAgainst(check);
    if (mistakes.length === 0) return value;
    // An unknown key is most often a mistyped one: it says more than the "missing" key that comes with it.
    const { path, message, nextStep } = mistakes.find(({ keyword }) => keyword === 'additionalProperties') ?? mistakes[0]!;
    throw this.error(path, message, nextStep);
  }

  /** The content with everything in which it does not satisfy the schema. @throws HarnessError `board-file` (usage) as `toValue` */
  checkAgainst(check: ValidateFunction): { readonly value: unknown; readonly mistakes: readonly Mistake[] } {
    const value = this.toValue();
    if (check(value)) return { value, mistakes: [] };
    // That a branch of a condition failed is told by the errors of the branch.
    const errors = (check.errors ?? []).filter(({ keyword }) => keyword !== 'if');
    const mistakes = errors.map(mistakeOf);
    // Two rules for one place may say the same.
    const distinct = mistakes.filter(({ path, message }, index) => mistakes.findIndex((other) => other.message === message && other.path.join('/') === path.join('/')) === index);
    return { value, mistakes: errors.length === 0 ? [{ path: [], keyword: '', message: 'does not satisfy its schema', nextStep: 'compare it with the shipped files' }] : distinct };
  }
}

/** From 1. */
function lineOfFirstBadByte(bytes: Buffer): number {
  let line = 1;
  for (let start = 0; start < bytes.length; line++) {
    const end = bytes.indexOf(10, start);
    const stop = end < 0 ? bytes.length : end;
    // No character of UTF-8 goes on behind a line feed.
    if (!isUtf8(bytes.subarray(start, stop))) break;
    start = stop + 1;
  }
  return line;
}

/** One way in which a file does not satisfy its schema. */
export interface Mistake {
  /** Where in the document. */
  readonly path: Path;
  /** The schema's keyword: `additionalProperties`, `type`. */
  readonly keyword: string;
  readonly message: string;
  readonly nextStep: string;
}

function mistakeOf(error: ErrorObject): Mistake {
  const { keyword } = error;
  const path = error.instancePath
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part));
  const where = path.length === 0 ? 'the file' : path.join('.');
  if (keyword === 'additionalProperties') {
    const key = String((error.params as { additionalProperty: unknown }).additionalProperty);
    const known = Object.keys((error.parentSchema as { properties?: object } | undefined)?.properties ?? {});
    const guess = nearest(key, known);
    return {
      path: [...path, key],
      keyword,
      message: `unknown key "${key.slice(0, 80)}" in ${where}`,
      nextStep: guess === undefined ? 'remove it' : `did you mean "${guess}"? Known here: ${known.join(', ')}`,
    };
  }
  if (keyword === 'false schema') return { path, keyword, message: `${where} has no place here`, nextStep: 'remove it' };
  const allowed = (error.params as { allowedValues?: readonly unknown[] }).allowedValues;
  const expected = allowed === undefined ? '' : `: ${allowed.map(String).join(', ')}`;
  const guess = allowed !== undefined && typeof error.data === 'string' ? nearest(error.data, allowed.map(String)) : undefined;
  return { path, keyword, message: `${where} ${error.message ?? 'is wrong'}${expected}`, nextStep: guess === undefined ? 'correct the value at that line' : `correct the value at that line; did you mean ${guess}?` };
}
