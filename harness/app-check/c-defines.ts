import type { Token } from './linker/expression.js';
import { evaluate } from './linker/expression.js';
import { SymbolValues } from './linker/symbol-values.js';
import { gnuLexicon, tokenize } from './linker/tokens.js';

/** The object-like macros of a C header with its conditions followed (`#if`, `#ifdef`, `#elif`, `#else`); includes are not. */
export class CDefines {
  private readonly macros = new Map<string, readonly Token[]>();
  private readonly values: SymbolValues = new SymbolValues((name) => this.evaluate(this.macros.get(name)!, this.values));
  /** In a condition a name without a macro is 0 (C, 6.10.1). */
  private readonly tested: SymbolValues = new SymbolValues((name) => this.evaluate(this.macros.get(name)!, this.tested, 0));

  /** @param given macros of the command line: those of the device */
  constructor(text: string, private readonly file: string, given: readonly string[] = []) {
    for (const name of given) this.macros.set(name, []);
    this.read(text.replace(/\\\r?\n/g, ' '));
  }

  defined(name: string): boolean {
    return this.macros.has(name);
  }

  /** Value of a macro; undefined where it has none or is no number. */
  value(name: string): number | undefined {
    return this.macros.has(name) ? this.values.of(name) : undefined;
  }

  private evaluate(tokens: readonly Token[], values: SymbolValues, unknown?: number): number | undefined {
    const plain = definedTests(tokens, (name) => this.defined(name));
    return evaluate(plain, (name) => (this.macros.has(name) ? values.of(name) : unknown));
  }

  private read(text: string): void {
    /** One entry for each open condition: whether its present branch counts, and whether one has counted already. */
    const open: { active: boolean; taken: boolean }[] = [];
    const active = (): boolean => open.every((each) => each.active);
    // Comments first, a directive inside one is none; lines do not matter here.
    for (const line of withoutComments(text).split('\n')) {
      const directive = /^\s*#\s*([a-z]+)\b(.*?)(\/\/.*)?\r?$/.exec(line);
      if (directive === null) continue;
      const [, word, rest = ''] = directive;
      if (word === 'if' || word === 'ifdef' || word === 'ifndef') {
        const test = active() && this.test(word, rest);
        open.push({ active: test, taken: test });
      } else if (word === 'elif' || word === 'else') {
        const last = open.pop();
        if (last === undefined) continue;
        const test = !last.taken && active() && (word === 'else' || this.test('if', rest));
        open.push({ active: test, taken: last.taken || test });
      } else if (word === 'endif') open.pop();
      else if (active() && word === 'define') {
        const macro = /^\s*([A-Za-z_]\w*)(\()?(.*)$/.exec(rest);
        if (macro !== null && macro[2] === undefined) this.macros.set(macro[1]!, tokenize(macro[3]!, gnuLexicon, this.file));
        this.forget();
      } else if (active() && word === 'undef') {
        this.macros.delete(rest.trim());
        this.forget();
      }
    }
  }

  private forget(): void {
    this.values.forget();
    this.tested.forget();
  }

  private test(word: string, rest: string): boolean {
    if (word !== 'if') return this.defined(rest.trim()) === (word === 'ifdef');
    const value = this.evaluate(tokenize(rest, gnuLexicon, this.file), this.tested, 0);
    return value !== undefined && value !== 0;
  }
}

/** Each block comment as one blank; one without an end takes the rest. */
function withoutComments(text: string): string {
  const pieces: string[] = [];
  for (let at = 0; at < text.length; ) {
    const open = text.indexOf('/*', at);
    pieces.push(text.slice(at, open < 0 ? text.length : open));
    if (open < 0) break;
    const close = text.indexOf('*/', open + 2);
    at = close < 0 ? text.length : close + 2;
  }
  return pieces.join(' ');
}

/** `defined(X)` and `defined X` as 0 or 1. */
function definedTests(tokens: readonly Token[], defined: (name: string) => boolean): readonly Token[] {
  const out: Token[] = [];
  for (let index = 0; index < tokens.length; index++) {
    const token = tokens[index]!;
    if (token.text !== 'defined') {
      out.push(token);
      continue;
    }
    const bracket = tokens[index + 1]?.text === '(';
    const name = tokens[index + (bracket ? 2 : 1)]?.text ?? '';
    out.push({ ...token, text: defined(name) ? '1' : '0' });
    index += bracket ? 3 : 1;
  }
  return out;
}
