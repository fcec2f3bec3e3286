import type { Extent, Role } from '../application.js';
import { namedRole } from '../named-role.js';
import type { Token } from './expression.js';
import { evaluatePrefix } from './expression.js';
import type { ReadInclude, ScriptModel, ScriptPlacement, ScriptRegion, ScriptSymbol, Span } from './script-model.js';
import { spanOf } from './script-model.js';
import { closing, scatterLexicon, tokenize } from './tokens.js';

const deepest = 32;
/** Tokens that macros may be replaced by, all together. */
const mostExpanded = 400_000;
/** Tokens before the bracket of a region. */
const longestHeader = 512;
const attributesWithValue = new Set(['ALIGN', 'ALIGNALL', 'FILL', 'PADVALUE', 'ANY_SIZE']);

/**
 * A scatter file of armlink (Arm Compiler reference, "Scatter-loading"): macros, load and execution regions, what they hold.
 * Of the preprocessor, `#define` without arguments is followed, and `#include` through `include`; of conditions every branch counts.
 * @throws HarnessError `linker-script` (usage)
 */
export function readScatter(text: string, file: string, include: ReadInclude = () => undefined): ScriptModel {
  const parser = new ScatterParser(file, include);
  const body = parser.preprocess(text, 0);
  if (text.startsWith('#!')) parser.insert.symbols = text.indexOf('\n') + 1;
  parser.loadRegions(parser.expand(tokenize(body, scatterLexicon, file)));
  return parser.model();
}

class ScatterParser {
  private readonly notes: string[] = [];
  private readonly macros = new Map<string, { tokens: readonly Token[]; line: number; own: boolean }>();
  private expanded = 0;
  readonly insert = { symbols: 0, regions: 0, sections: 0 };
  private readonly regions: ScriptRegion[] = [];
  private readonly placements: ScriptPlacement[] = [];

  constructor(private readonly file: string, private readonly include: ReadInclude) {}

  /** Takes the directives out, lines kept. */
  preprocess(text: string, depth: number): string {
    const out: string[] = [];
    let start = 0;
    text.split('\n').forEach((line, index) => {
      const from = start;
      start += line.length + 1;
      const directive = /^\s*#\s*(!|[a-z]+)?(.*)$/.exec(line.replace(/\r$/, ''));
      if (directive === null) {
        out.push(line);
        return;
      }
      // Blanks, so that what stands behind keeps its place.
      out.push(' '.repeat(line.length));
      const [, word, rest = ''] = directive;
      if (word === 'define') {
        const macro = /^\s*([A-Za-z_]\w*)(\()?(.*)$/.exec(rest);
        if (macro === null) return;
        if (macro[2] !== undefined) this.notes.push(`${this.file}:${index + 1}: a macro with arguments is not followed`);
        else this.macros.set(macro[1]!, { tokens: tokenize(macro[3]!, { ...scatterLexicon, lineComments: ['//'] }, this.file).map((token) => ({ text: token.text, line: index + 1, at: token.at + from + line.lastIndexOf(macro[3]!), end: token.end + from + line.lastIndexOf(macro[3]!) })), line: index + 1, own: depth === 0 });
      } else if (word === 'include') {
        const name = rest.trim().replace(/[<>"]/g, '');
        const content = depth >= 8 ? undefined : this.include(name);
        if (content === undefined) this.notes.push(`${this.file} includes ${name}, which was not found`);
        else this.preprocess(content, depth + 1);
      } else if (word === 'if' || word === 'ifdef' || word === 'ifndef') this.notes.push(`${this.file}:${index + 1}: conditions of the preprocessor are not followed, every branch counts`);
    });
    return out.join('\n');
  }

  /** Macros replaced by their tokens, without brackets, as the preprocessor does it. */
  expand(tokens: readonly Token[], depth = 0): readonly Token[] {
    if (depth > deepest || this.expanded > mostExpanded) return tokens;
    const out: Token[] = [];
    for (const token of tokens) {
      const macro = this.macros.get(token.text);
      if (macro === undefined) out.push(token);
      else {
        const inner = this.expand(macro.tokens.filter(({ text }) => text !== token.text), depth + 1);
        this.expanded += inner.length + 1;
        for (const each of inner) out.push({ ...each, line: token.line, at: token.at, end: token.end });
      }
      if (this.expanded > mostExpanded) break;
    }
    return out;
  }

  loadRegions(tokens: readonly Token[]): void {
    for (let index = 0; index < tokens.length; ) {
      const header = this.header(tokens, index);
      if (header === undefined) {
        index += 1;
        continue;
      }
      const end = closing(tokens, header.open);
      if (header.base !== undefined && header.size !== undefined) this.regions.push({ name: header.name, base: header.base, size: header.size, line: header.line, load: true, origin: header.origin, extent: header.extent });
      this.insert.regions = this.insert.sections = tokens[end]?.at ?? 0;
      this.executionRegions(tokens.slice(header.open + 1, end), header.base);
      index = end + 1;
    }
  }

  model(): ScriptModel {
    const symbols = new Map<string, ScriptSymbol>();
    for (const [name, { line, tokens, own }] of this.macros) {
      const expanded = this.expand(tokens);
      const { value, used } = evaluatePrefix(expanded, () => undefined);
      symbols.set(name, { name, value: used === expanded.length ? value : undefined, line, span: own ? spanOf(tokens) : undefined });
    }
    return { file: this.file, dialect: 'scatter', symbols, regions: this.regions, placements: this.placements, insert: this.insert, notes: this.notes };
  }

  private executionRegions(tokens: readonly Token[], loadBase: number | undefined): void {
    let previous = loadBase;
    for (let index = 0; index < tokens.length; ) {
      const header = this.header(tokens, index);
      if (header === undefined) {
        index += 1;
        continue;
      }
      const { name, line, open, size, attributes } = header;
      const end = closing(tokens, open);
      // `+0` continues behind the region before it, how far nobody knows before the link.
      const base = header.relative ? previous : header.base;
      const empty = attributes.includes('EMPTY');
      if (base === undefined) this.notes.push(`${this.file}:${line}: where region ${name} begins cannot be evaluated`);
      else {
        const from = size !== undefined && size < 0 ? base + size : base;
        const length = Math.abs(size ?? 0);
        if (header.relative && size === undefined) this.notes.push(`${this.file}:${line}: region ${name} follows another one, its end is not known`);
        if (from >= 0 && from + length <= 0x1_0000_0000) {
          this.regions.push({ name, base: from, size: length, line, ...(header.relative || (size !== undefined && size < 0) ? {} : { origin: header.origin, extent: header.extent }) });
          this.place(name, tokens.slice(open + 1, end), attributes, empty, line);
        }
        previous = base;
      }
      index = end + 1;
    }
  }

  /** `NAME base [attributes] [size] {` */
  private header(tokens: readonly Token[], index: number): { name: string; line: number; open: number; base: number | undefined; relative: boolean; size: number | undefined; attributes: readonly string[]; origin: Span | undefined; extent: Span | undefined } | undefined {
    const name = tokens[index]!;
    if (!/^[A-Za-z_]\w*$/.test(name.text)) return undefined;
    let open = index + 1;
    while (open < tokens.length && open - index < longestHeader && tokens[open]!.text !== '{') open += 1;
    if (tokens[open]?.text !== '{') return undefined;
    let rest = tokens.slice(index + 1, open);
    const relative = rest[0]?.text === '+' || rest[0]?.text === 'AlignExpr';
    const { value: base, used } = evaluatePrefix(rest, () => undefined);
    if (used === 0) return undefined;
    const origin = spanOf(rest.slice(0, used));
    let extent: Span | undefined;
    rest = rest.slice(used);
    const attributes: string[] = [];
    let size: number | undefined;
    while (rest.length > 0) {
      const word = rest[0]!.text;
      if (/^[A-Z_]+$/i.test(word) && rest[1]?.text !== '(') {
        attributes.push(word.toUpperCase());
        rest = rest.slice(1);
        if (attributesWithValue.has(word.toUpperCase())) rest = rest.slice(evaluatePrefix(rest, () => undefined).used);
        continue;
      }
      const length = evaluatePrefix(rest, () => undefined);
      if (length.used === 0) break;
      size = length.value;
      extent = spanOf(rest.slice(0, length.used));
      rest = rest.slice(length.used);
    }
    return { name: name.text, line: name.line, open, base, relative, size, attributes, origin, extent };
  }

  private place(region: string, content: readonly Token[], attributes: readonly string[], empty: boolean, line: number): void {
    const left = attributes.includes('UNINIT');
    const named = namedRole(region);
    const add = (name: string, role: Role, start: Extent['start'], at: number): void => void this.placements.push({ name, region, role, start, line: at });
    if (empty) {
      add(region, named ?? 'stack', 'left', line);
      return;
    }
    for (let index = 0; index < content.length; index++) {
      if (content[index]!.text !== '(') continue;
      const end = closing(content, index);
      const inner = content.slice(index + 1, end).map(({ text }) => text);
      const at = content[index]!.line;
      const pattern = inner[0] ?? '';
      const section = pattern === '+' ? undefined : pattern;
      const role = section === undefined ? undefined : namedRole(section.replace(/^\.bss\.|^\.data\./, '.'));
      if (role !== undefined) add(section!, role, role === 'vectors' ? 'copied' : role === 'stack' || role === 'heap' || left ? 'left' : 'zeroed', at);
      else {
        const attribute = (word: string): boolean => inner.some((text, position) => text === '+' && inner[position + 1]?.toUpperCase() === word);
        if (attribute('RO') || attribute('XO') || section === 'InRoot$$Sections') add(inner.join(''), 'code', undefined, at);
        if (attribute('RW')) add(inner.join(''), 'data', 'copied', at);
        if (attribute('ZI')) add(inner.join(''), 'zeroed', left ? 'left' : 'zeroed', at);
        if (section !== undefined && !attribute('RO') && !attribute('XO') && !attribute('RW') && !attribute('ZI') && section !== 'InRoot$$Sections') {
          if (/^\.text/.test(section)) add(section, 'code', undefined, at);
          else add(section, 'data', left ? 'left' : 'zeroed', at);
        }
      }
      index = end;
    }
  }
}
