import type { Extent, Role } from '../application.js';
import { namedRole } from '../named-role.js';
import type { Token } from './expression.js';
import { evaluate } from './expression.js';
import type { ReadInclude, ScriptModel, ScriptPlacement, ScriptRegion, ScriptSymbol, Span } from './script-model.js';
import { spanOf } from './script-model.js';
import { SymbolValues } from './symbol-values.js';
import { closing, icfLexicon, tokenize } from './tokens.js';

const deepestInclude = 8;

/** `readwrite section .data`, `block CSTACK`, `first section .x`: one entry of a selector list. */
interface Selector {
  readonly words: readonly string[];
  /** Section pattern or block name. */
  readonly section: string | undefined;
  readonly block: string | undefined;
  readonly line: number;
}

/**
 * An ILINK configuration file (IAR, "The linker configuration file"): symbols, regions, blocks and where they are placed.
 * @throws HarnessError `linker-script` (usage)
 */
export function readIcf(text: string, file: string, include: ReadInclude = () => undefined): ScriptModel {
  const parser = new IcfParser(file, include);
  parser.statements(tokenize(text, icfLexicon, file), 0);
  return parser.model();
}

interface Range {
  readonly base: number;
  readonly size: number;
  readonly origin?: Span | undefined;
  readonly extent?: Span | undefined;
  readonly last: boolean;
}

class IcfParser {
  private readonly notes: string[] = [];
  private readonly definitions = new Map<string, { tokens: readonly Token[]; line: number; own: boolean }>();
  private readonly regions = new Map<string, { tokens: readonly Token[]; line: number; own: boolean }>();
  private readonly blocks = new Map<string, readonly Selector[]>();
  private readonly copied: Selector[] = [];
  private readonly left: Selector[] = [];
  private readonly placed: { regions: readonly Token[]; address: readonly Token[] | undefined; selectors: readonly Selector[]; line: number }[] = [];
  private readonly values = new SymbolValues((name) => evaluate(this.definitions.get(name)!.tokens, (each) => this.symbol(each)));
  private readonly insert = { symbols: -1, regions: -1, sections: 0 };

  constructor(private readonly file: string, private readonly include: ReadInclude) {}

  statements(tokens: readonly Token[], depth: number): void {
    for (let index = 0; index < tokens.length; ) {
      if (tokens[index]!.text === 'if') {
        this.notes.push(`${this.file}:${tokens[index]!.line}: conditions are not followed, both ways count`);
        index = tokens[index + 1]?.text === '(' ? closing(tokens, index + 1) + 1 : index + 1;
        continue;
      }
      if (tokens[index]!.text === '{' || tokens[index]!.text === '}' || tokens[index]!.text === 'else') {
        index += 1;
        continue;
      }
      let end = index;
      while (end < tokens.length && tokens[end]!.text !== ';') end = tokens[end]!.text === '{' || tokens[end]!.text === '[' ? closing(tokens, end) + 1 : end + 1;
      if (depth === 0) {
        const { at, text } = tokens[index]!;
        if (this.insert.symbols < 0 && text === 'define') this.insert.symbols = at;
        if (this.insert.regions < 0 && (text === 'place' || text === 'initialize' || text === 'do')) this.insert.regions = at;
        this.insert.sections = (tokens[end] ?? tokens.at(-1)!).end;
      }
      this.statement(tokens.slice(index, end), depth);
      index = end + 1;
    }
  }

  private statement(tokens: readonly Token[], depth: number): void {
    const words = tokens.map(({ text }) => text);
    const [first, second] = words;
    const line = tokens[0]?.line ?? 0;
    if (first === 'include') {
      const name = (second ?? '').replace(/"/g, '');
      const text = depth >= deepestInclude ? undefined : this.include(name);
      if (text === undefined) this.notes.push(`${this.file} includes ${name}, which was not found`);
      else this.statements(tokenize(text, icfLexicon, name), depth + 1);
    } else if (first === 'define' && (second === 'symbol' || (second === 'exported' && words[2] === 'symbol'))) {
      const at = words.indexOf('=');
      if (at > 0) this.definitions.set(words[at - 1]!, { tokens: tokens.slice(at + 1), line, own: depth === 0 });
    } else if (first === 'define' && second === 'region') {
      const at = words.indexOf('=');
      if (at > 0) this.regions.set(words[at - 1]!, { tokens: tokens.slice(at + 1), line, own: depth === 0 });
    } else if (first === 'define' && (second === 'block' || second === 'overlay')) {
      const open = words.indexOf('{');
      if (open > 0) this.blocks.set(words[2]!, selectors(tokens, open));
    } else if (first === 'initialize') this.copied.push(...selectors(tokens, words.indexOf('{')));
    else if (first === 'do') this.left.push(...selectors(tokens, words.indexOf('{')));
    else if (first === 'place' || words.includes('place')) this.placement(tokens.slice(Math.max(0, words.indexOf('place'))));
  }

  /** `place at address mem:X { … }`, `place at start of R { … }`, `place in R { … }` */
  private placement(tokens: readonly Token[]): void {
    const words = tokens.map(({ text }) => text);
    const open = words.indexOf('{');
    if (open < 0) return;
    const line = tokens[0]!.line;
    const colon = words.indexOf(':');
    if (words[1] === 'at' && words[2] === 'address') this.placed.push({ regions: [], address: tokens.slice(colon > 0 && colon < open ? colon + 1 : 3, open), selectors: selectors(tokens, open), line });
    else this.placed.push({ regions: tokens.slice(words[1] === 'at' ? words.indexOf('of') + 1 : 2, open), address: undefined, selectors: selectors(tokens, open), line });
  }

  model(): ScriptModel {
    const symbols = new Map<string, ScriptSymbol>();
    for (const [name, { line, tokens, own }] of this.definitions) symbols.set(name, { name, value: this.symbol(name), line, span: own ? spanOf(tokens) : undefined });
    const regions: ScriptRegion[] = [];
    for (const [name, { line, tokens, own }] of this.regions) {
      const ranges = this.ranges(tokens, 0);
      if (ranges === undefined) this.notes.push(`${this.file}:${line}: region ${name} cannot be evaluated, or ends before it begins`);
      else for (const { base, size, origin, extent, last } of ranges) regions.push({ name, base, size, line, ...(own && origin !== undefined ? { origin, extent, last } : {}) });
    }
    this.symbolPairs(symbols, regions);
    const placements: ScriptPlacement[] = [];
    for (const { regions: where, address, selectors: list, line } of this.placed) {
      const names = where.map(({ text }) => text).filter((text) => this.regions.has(text));
      if (address !== undefined) {
        const at = evaluate(address, (name) => this.symbol(name));
        if (at === undefined) continue;
        const name = `address ${line}`;
        regions.push({ name, base: at, size: 4, line });
        names.push(name);
      }
      for (const region of names) for (const selector of list) for (const [role, start] of this.rolesOf(selector, 0)) placements.push({ name: selector.block ?? selector.section ?? selector.words.join(' '), region, role, start, line: selector.line });
    }
    return { file: this.file, dialect: 'icf', symbols, regions, placements, insert: { symbols: Math.max(0, this.insert.symbols), regions: this.insert.regions < 0 ? this.insert.sections : this.insert.regions, sections: this.insert.sections }, notes: this.notes };
  }

  /** `__region_EXTRAM_start__` and `…_end__`, as ST's files name external RAM for the MPU set-up of their applications, with or without a region of that extent. */
  private symbolPairs(symbols: ReadonlyMap<string, ScriptSymbol>, regions: ScriptRegion[]): void {
    for (const [name, start] of symbols) {
      const stem = /^__region_(\w*EXT_?RAM\w*)_start__$/i.exec(name)?.[1];
      const end = stem === undefined ? undefined : symbols.get(`__region_${stem}_end__`);
      if (stem === undefined || start.value === undefined || end?.value === undefined || end.value < start.value) continue;
      const [base, size] = [start.value, end.value - start.value + 1];
      if (!regions.some((each) => each.base === base && each.size === size)) regions.push({ name: stem, base, size, line: start.line, ...(start.span === undefined ? {} : { origin: start.span, extent: end.span, last: true }) });
    }
  }

  private symbol(name: string): number | undefined {
    return this.definitions.has(name) ? this.values.of(name) : undefined;
  }

  /** `mem:[from A to B]`, `mem:[from A size S]`, names of regions, joined by `|`; what is taken away by `-` is not followed. */
  private ranges(tokens: readonly Token[], depth: number): readonly Range[] | undefined {
    const found: Range[] = [];
    if (depth > 8) return undefined;
    for (let index = 0; index < tokens.length; index++) {
      const { text } = tokens[index]!;
      if (text === '[') {
        const end = closing(tokens, index);
        const inner = tokens.slice(index + 1, end);
        const words = inner.map((token) => token.text);
        const split = words.findIndex((word) => word === 'to' || word === 'size');
        const repeat = words.indexOf('repeat');
        const base = evaluate(inner.slice(1, split), (name) => this.symbol(name));
        const second = evaluate(inner.slice(split + 1, repeat < 0 ? inner.length : repeat), (name) => this.symbol(name));
        if (words[0] !== 'from' || split < 0 || base === undefined || second === undefined) return undefined;
        const size = words[split] === 'size' ? second : second - base + 1;
        if (base < 0 || size < 0 || base + size > 0x1_0000_0000) return undefined;
        if (size > 0) found.push({ base, size, ...(depth === 0 ? { origin: spanOf(inner.slice(1, split)), extent: spanOf(inner.slice(split + 1, repeat < 0 ? inner.length : repeat)) } : {}), last: words[split] === 'to' });
        index = end;
      } else if (text === '-') {
        this.notes.push(`${this.file}:${tokens[index]!.line}: what is taken out of a region is not followed`);
        return found;
      } else if (this.regions.has(text)) found.push(...(this.ranges(this.regions.get(text)!.tokens, depth + 1) ?? []));
    }
    return found.length === 0 ? undefined : found;
  }

  private rolesOf({ words, section, block }: Selector, depth: number): readonly (readonly [Role, Extent['start']])[] {
    if (block !== undefined) {
      const named = namedRole(block);
      const inner = this.blocks.get(block) ?? [];
      if (named !== undefined && named !== 'handles' && named !== 'flag') return [[named, 'left']];
      if (inner.length === 0 || depth > 8) return named === undefined ? [] : [[named, this.start(block)]];
      return inner.flatMap((each) => this.rolesOf(each, depth + 1));
    }
    if (section !== undefined) {
      const named = namedRole(section);
      if (named !== undefined) return [[named, named === 'vectors' ? 'copied' : this.start(section)]];
      if (/^\.text/.test(section)) return [['code', undefined]];
      if (/^\.rodata/.test(section)) return [['constants', undefined]];
      return [words.includes('readonly') || words.includes('ro') ? ['constants', undefined] : ['data', this.start(section)]];
    }
    if (words.some((word) => word === 'readonly' || word === 'ro')) return [['code', undefined], ['constants', undefined]];
    if (words.some((word) => word === 'readwrite' || word === 'rw')) return [['data', 'copied'], ['zeroed', 'zeroed']];
    if (words.some((word) => word === 'zeroinit' || word === 'zi')) return [['zeroed', 'zeroed']];
    return [];
  }

  /** What cstartup does with a section: ILINK zeroes or copies every readwrite one that no `do not initialize` names. */
  private start(section: string): Extent['start'] {
    const names = ({ section: each }: Selector): boolean => each !== undefined && (each === section || (each.endsWith('*') && section.startsWith(each.slice(0, -1))));
    return this.left.some(names) ? 'left' : 'zeroed';
  }
}

/** A section's pattern: its wildcards are tokens of their own. */
function pattern(words: readonly string[], from: number): string | undefined {
  let end = from + 1;
  while (words[end] === '*' || words[end] === '?') end += 1;
  return words[from] === undefined ? undefined : words.slice(from, end).join('');
}

/** The entries between braces, split at commas. */
function selectors(tokens: readonly Token[], open: number): readonly Selector[] {
  if (open < 0) return [];
  const end = closing(tokens, open);
  const found: Selector[] = [];
  let words: string[] = [];
  let line = tokens[open]?.line ?? 0;
  const finish = (): void => {
    const at = words.indexOf('section');
    const block = words.indexOf('block');
    if (words.length > 0) found.push({ words, section: at >= 0 ? pattern(words, at + 1) : undefined, block: block >= 0 ? words[block + 1] : undefined, line });
    words = [];
  };
  for (let index = open + 1; index < end; index++) {
    const { text } = tokens[index]!;
    if (text === ',') finish();
    else {
      if (words.length === 0) line = tokens[index]!.line;
      words.push(text);
    }
  }
  finish();
  return found;
}
