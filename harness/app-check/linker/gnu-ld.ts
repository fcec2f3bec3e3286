import type { Extent, Role } from '../application.js';
import { namedRole } from '../named-role.js';
import type { Token } from './expression.js';
import { evaluate } from './expression.js';
import type { ReadInclude, ScriptModel, ScriptPlacement, ScriptRegion, ScriptSymbol } from './script-model.js';
import { spanOf } from './script-model.js';
import { SymbolValues } from './symbol-values.js';
import { closing, gnuLexicon, tokenize } from './tokens.js';

const deepestInclude = 8;
const assignments = new Set(['=', '+=', '-=', '*=', '/=', '<<=', '>>=', '&=', '|=']);
const unquote = (text: string): string => text.replace(/^"|"$/g, '');

interface Definition {
  readonly tokens: readonly Token[];
  readonly line: number;
  /** Region of the output section it stands in. */
  readonly region?: string;
  /** Whether it stands in the script itself. */
  readonly own: boolean;
}

/**
 * A GNU ld script (binutils manual, chapter 3): symbols, MEMORY with aliases, the output sections with their regions. INCLUDE is followed through `include`.
 * @throws HarnessError `linker-script` (usage)
 */
export function readGnuLd(text: string, file: string, include: ReadInclude = () => undefined): ScriptModel {
  const parser = new GnuParser(file, include);
  parser.top(tokenize(text, gnuLexicon, file), 0);
  if (/^[ \t]*#[ \t]*(include|if|ifdef|define)\b/m.test(text)) parser.notes.push(`${file} has preprocessor directives, which are not followed: check the preprocessed file`);
  return parser.model();
}

class GnuParser {
  readonly notes: string[] = [];
  private readonly definitions = new Map<string, Definition>();
  private readonly memory: { name: string; origin: readonly Token[]; length: readonly Token[]; line: number; own: boolean }[] = [];
  private readonly aliases = new Map<string, string>();
  private readonly sections: { name: string; region: string | undefined; noload: boolean; loaded: boolean; content: readonly Token[]; line: number }[] = [];
  private readonly values = new SymbolValues((name) => this.compute(name));
  private readonly insert = { symbols: 0, regions: 0, sections: 0 };
  /** Nothing of an included file is edited. */
  private inIncluded = false;

  constructor(private readonly file: string, private readonly include: ReadInclude) {}

  top(tokens: readonly Token[], depth: number): void {
    for (let index = 0; index < tokens.length; ) {
      const { text } = tokens[index]!;
      if (text === 'MEMORY' && tokens[index + 1]?.text === '{') {
        const end = closing(tokens, index + 1);
        if (depth === 0) Object.assign(this.insert, { symbols: this.first(tokens[index]!), regions: tokens[end]?.at ?? 0 });
        this.regions(this.included(tokens.slice(index + 2, end), depth));
        index = end + 1;
      } else if (text === 'SECTIONS' && tokens[index + 1]?.text === '{') {
        const end = closing(tokens, index + 1);
        if (depth === 0) this.insert.sections = tokens[end]?.at ?? 0;
        this.outputSections(this.included(tokens.slice(index + 2, end), depth));
        index = end + 1;
      } else if (text === 'REGION_ALIAS' && tokens[index + 1]?.text === '(') {
        const end = closing(tokens, index + 1);
        const [alias, , region] = tokens.slice(index + 2, end).map((token) => unquote(token.text));
        if (alias !== undefined && region !== undefined) this.aliases.set(alias, region);
        index = end + 1;
      } else if (text === 'INCLUDE' && tokens[index + 1] !== undefined) {
        const [name, next] = fileName(tokens, index + 1);
        const content = this.read(name, depth);
        if (content !== undefined) this.within(() => this.top(content, depth + 1));
        index = next;
      } else {
        const behind = this.assignment(tokens, index);
        // GNU ld evaluates in the order of the script: a symbol stands before what uses it.
        if (behind !== undefined && depth === 0) this.insert.symbols = this.first(tokens[index]!);
        index = behind ?? (tokens[index + 1]?.text === '(' ? closing(tokens, index + 1) + 1 : index + 1);
      }
    }
  }

  private first({ at }: Token): number {
    return this.insert.symbols === 0 ? at : this.insert.symbols;
  }

  model(): ScriptModel {
    const symbols = new Map<string, ScriptSymbol>();
    for (const [name, { line }] of this.definitions) symbols.set(name, { name, value: this.symbol(name), line, span: this.definitions.get(name)!.own ? spanOf(this.definitions.get(name)!.tokens) : undefined });
    const regions: ScriptRegion[] = [];
    for (const { name, origin, length, line, own } of this.memory) {
      const [base, size] = [this.value(origin), this.value(length)];
      if (base === undefined || size === undefined || base < 0 || size < 0 || base + size > 0x1_0000_0000) this.notes.push(`${this.file}:${line}: region ${name} has an origin or length that cannot be evaluated`);
      else regions.push({ name, base, size, line, origin: own ? spanOf(origin) : undefined, extent: own ? spanOf(length) : undefined });
    }
    const placements: ScriptPlacement[] = [];
    for (const section of this.sections) {
      const region = section.region === undefined ? undefined : this.resolve(section.region);
      if (region === undefined) continue;
      for (const [role, start] of rolesOf(section.name, section.content, section.noload, section.loaded)) placements.push({ name: section.name, region, role, start, line: section.line });
    }
    return { file: this.file, dialect: 'gnu', symbols, regions, placements, insert: this.insert, notes: this.notes };
  }

  private read(name: string, depth: number): readonly Token[] | undefined {
    const text = depth >= deepestInclude ? undefined : this.include(name);
    if (text === undefined) {
      this.notes.push(`${this.file} includes ${name}, which ${depth >= deepestInclude ? 'is nested too deeply' : 'was not found'}`);
      return undefined;
    }
    return tokenize(text, gnuLexicon, name);
  }

  private within(what: () => void): void {
    const before = this.inIncluded;
    this.inIncluded = true;
    what();
    this.inIncluded = before;
  }

  /** Tokens with INCLUDE replaced by the file's: nothing of such a list is edited. */
  private included(tokens: readonly Token[], depth: number): readonly Token[] {
    if (!tokens.some(({ text }) => text === 'INCLUDE')) return tokens;
    this.inIncluded = true;
    const out: Token[] = [];
    for (let index = 0; index < tokens.length; ) {
      if (tokens[index]!.text !== 'INCLUDE') out.push(tokens[index++]!);
      else {
        const [name, next] = fileName(tokens, index + 1);
        out.push(...this.included(this.read(name, depth) ?? [], depth + 1));
        index = next;
      }
    }
    return out;
  }

  /** `name = expression;`, also inside PROVIDE and its like; the index behind it. */
  private assignment(tokens: readonly Token[], index: number, region?: string): number | undefined {
    const token = tokens[index]!;
    if (/^(PROVIDE|PROVIDE_HIDDEN|HIDDEN)$/.test(token.text) && tokens[index + 1]?.text === '(') {
      const end = closing(tokens, index + 1);
      if (tokens[index + 3]?.text === '=') this.define(unquote(tokens[index + 2]!.text), { tokens: tokens.slice(index + 4, end), line: token.line, own: !this.inIncluded, ...(region === undefined ? {} : { region }) }, true);
      return end + 1;
    }
    if (!assignments.has(tokens[index + 1]?.text ?? '')) return undefined;
    let end = index + 2;
    while (end < tokens.length && tokens[end]!.text !== ';' && tokens[end]!.text !== '}') end += 1;
    if (token.text !== '.' && tokens[index + 1]!.text === '=') this.define(unquote(token.text), { tokens: tokens.slice(index + 2, end), line: token.line, own: !this.inIncluded, ...(region === undefined ? {} : { region }) }, false);
    return end + 1;
  }

  private define(name: string, definition: Definition, provided: boolean): void {
    if (!provided || !this.definitions.has(name)) this.definitions.set(name, definition);
  }

  private regions(tokens: readonly Token[]): void {
    for (let index = 0; index < tokens.length; ) {
      const { text: name, line } = tokens[index]!;
      let at = index + 1;
      if (tokens[at]?.text === '(') at = closing(tokens, at) + 1;
      if (tokens[at]?.text !== ':') {
        index += 1;
        continue;
      }
      const [origin, afterOrigin] = this.field(tokens, at + 1, /^(org|o|origin)$/i);
      const [length, end] = this.field(tokens, tokens[afterOrigin]?.text === ',' ? afterOrigin + 1 : afterOrigin, /^(len|l|length)$/i);
      this.memory.push({ name: unquote(name), origin, length, line, own: !this.inIncluded });
      index = Math.max(end, index + 1);
    }
  }

  /** `ORIGIN = expression` up to a comma, or to where the next region begins. */
  private field(tokens: readonly Token[], from: number, word: RegExp): readonly [readonly Token[], number] {
    let at = from;
    if (word.test(tokens[at]?.text ?? '') && tokens[at + 1]?.text === '=') at += 2;
    const start = at;
    let depth = 0;
    for (; at < tokens.length; at++) {
      const { text } = tokens[at]!;
      if (text === '(') depth += 1;
      else if (text === ')') depth -= 1;
      if (depth > 0 || at === start) continue;
      if (text === ',') break;
      // A name behind a complete operand starts the next region: `NAME (attributes) :` or `NAME :`.
      if (/^[A-Za-z_"]/.test(text) && /^[\w.)"$]/.test(tokens[at - 1]!.text)) break;
      if (text === '(' && at > start) continue;
    }
    return [tokens.slice(start, at), at];
  }

  private outputSections(tokens: readonly Token[]): void {
    for (let index = 0; index < tokens.length; ) {
      const after = this.assignment(tokens, index);
      if (after !== undefined) {
        index = after;
        continue;
      }
      const { text: name, line } = tokens[index]!;
      if (name === ';' || name === '}') {
        index += 1;
        continue;
      }
      // `/DISCARD/` comes as three tokens.
      const discarded = name === '/';
      let open = index + 1;
      while (open < tokens.length && tokens[open]!.text !== '{' && tokens[open]!.text !== ';') open = tokens[open]!.text === '(' ? closing(tokens, open) + 1 : open + 1;
      if (tokens[open]?.text !== '{') {
        index = open + 1;
        continue;
      }
      const head = tokens.slice(index + 1, open).map(({ text }) => text);
      const end = closing(tokens, open);
      const content = tokens.slice(open + 1, end);
      let region: string | undefined;
      let loadRegion: string | undefined;
      let at = end + 1;
      for (; at < tokens.length; ) {
        const { text } = tokens[at]!;
        if (text === '>') {
          region = unquote(tokens[at + 1]?.text ?? '');
          at += 2;
        } else if (text === 'AT' && tokens[at + 1]?.text === '>') {
          loadRegion = unquote(tokens[at + 2]?.text ?? '');
          at += 3;
        } else if (text === ':' || text === '=' || text === ',') at += text === ',' ? 1 : 2;
        else break;
      }
      const noload = head.includes('NOLOAD') || head.includes('DSECT') || head.includes('COPY') || head.includes('INFO');
      if (!discarded) this.sections.push({ name: unquote(name), region, noload, loaded: loadRegion !== undefined || head.includes('AT'), content, line });
      for (let inner = 0; inner < content.length; ) inner = this.assignment(content, inner, region) ?? inner + 1;
      index = at;
    }
  }

  private resolve(region: string): string {
    let name = region;
    for (let hops = 0; hops < 16 && this.aliases.has(name); hops++) name = this.aliases.get(name)!;
    return name;
  }

  private symbol(name: string): number | undefined {
    return this.definitions.has(name) ? this.values.of(name) : undefined;
  }

  private regionField(region: string, field: 'origin' | 'length'): number | undefined {
    return this.values.of(`${field} of ${this.resolve(region)}`);
  }

  /** A symbol by its name, a field of a region as `origin of RAM`; no symbol has blanks in its name. */
  private compute(name: string): number | undefined {
    const [, field, region] = /^(origin|length) of (.*)$/s.exec(name) ?? [];
    if (field === 'origin' || field === 'length') {
      const found = this.memory.find((each) => each.name === region);
      return found === undefined ? undefined : this.value(found[field]);
    }
    const { tokens, region: inside } = this.definitions.get(name)!;
    return this.value(tokens, inside === undefined ? undefined : this.regionField(inside, 'origin'));
  }

  /** @param here what the location counter stands for: the start of the region, as it moves with the contents */
  private value(tokens: readonly Token[], here?: number): number | undefined {
    return evaluate(
      tokens,
      (name) => (name === '.' ? here : this.symbol(unquote(name))),
      (name, args) => {
        const argument = unquote(args[0]?.[0]?.text ?? '');
        if (/^ORIGIN$/i.test(name)) return this.regionField(argument, 'origin');
        if (/^LENGTH$/i.test(name)) return this.regionField(argument, 'length');
        if (name === 'DEFINED') return Number(this.definitions.has(argument));
        const values = args.map((each) => this.value(each, here));
        if (values.some((each) => each === undefined)) return undefined;
        const [a, b] = values as number[];
        if (name === 'MAX' && b !== undefined) return Math.max(a!, b);
        if (name === 'MIN' && b !== undefined) return Math.min(a!, b);
        if (name === 'ABSOLUTE') return a;
        if (name === 'ALIGN') return b !== undefined ? Math.ceil(a! / b) * b : here === undefined ? undefined : Math.ceil(here / a!) * a!;
        return undefined;
      },
    );
  }
}

function fileName(tokens: readonly Token[], from: number): readonly [string, number] {
  const first = tokens[from]!;
  if (first.text.startsWith('"')) return [unquote(first.text), from + 1];
  // A name may hold characters that are tokens of their own: all on its line.
  let end = from;
  while (end < tokens.length && tokens[end]!.line === first.line && tokens[end]!.text !== ';') end += 1;
  return [tokens.slice(from, end).map(({ text }) => text).join(''), end];
}

/** What lies in an output section, by its name and by the input sections it names. */
function rolesOf(name: string, content: readonly Token[], noload: boolean, loaded: boolean): readonly (readonly [Role, Extent['start']])[] {
  const inputs = content.map(({ text }) => text);
  const has = (pattern: RegExp): boolean => pattern.test(name) || inputs.some((text) => pattern.test(text));
  const special = namedRole(name) ?? inputs.map((text) => (text.startsWith('.') || /buffer/i.test(text) ? namedRole(text) : undefined)).find((role) => role === 'flag' || role === 'handles' || role === 'noncacheable');
  if (special !== undefined) {
    const start = noload ? 'left' : special === 'vectors' || loaded ? 'copied' : special === 'reserve' || special === 'stack' || special === 'heap' ? 'left' : 'zeroed';
    return [[special, special === 'flag' || special === 'handles' ? (noload ? 'left' : 'copied') : start]];
  }
  if (noload) return [['zeroed', 'left']];
  if (has(/^\.data/) || (loaded && !has(/^\.text/))) return [['data', 'copied']];
  if (has(/^\.bss|^COMMON$/)) return [['zeroed', 'zeroed']];
  if (has(/^\.text|^\.init$/)) return [['code', undefined]];
  if (has(/^\.rodata|^\.ARM|_array|^\.copy|^\.zero/)) return [['constants', undefined]];
  return [[loaded ? 'data' : 'constants', undefined]];
}
