import { HarnessError } from '../../errors/index.js';
import type { Token } from './expression.js';

const largest = 4 << 20;
const mostTokens = 400_000;

export interface Lexicon {
  /** Comment to the end of the line: `;` in scatter files, `//` elsewhere. */
  readonly lineComments: readonly string[];
  /** One token, anchored. */
  readonly token: RegExp;
}

const operators = String.raw`<<=|>>=|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/&|^]=|[-+*/%&|^~!?:;,=<>(){}\[\]#]`;
export const gnuLexicon: Lexicon = { lineComments: [], token: new RegExp(String.raw`"[^"\n]*"|${operators}|[A-Za-z_.$\\0-9][\w.$\\]*|.`, 'y') };
export const icfLexicon: Lexicon = { lineComments: ['//'], token: gnuLexicon.token };
export const scatterLexicon: Lexicon = { lineComments: [';', '//'], token: gnuLexicon.token };

/**
 * Splits a linker script into tokens with their lines; comments are left out.
 * @throws HarnessError `linker-script` (usage): too large, or not a text
 */
export function tokenize(text: string, lexicon: Lexicon, file: string): readonly Token[] {
  if (text.length > largest || text.includes('\0')) {
    throw new HarnessError({ code: 'linker-script', kind: 'usage', message: `${file} is not a linker script: ${text.length > largest ? 'it is too large' : 'it holds binary data'}`, nextStep: 'give a .ld, .icf or .sct file' });
  }
  const tokens: Token[] = [];
  const expression = new RegExp(lexicon.token.source, 'y');
  let line = 1;
  for (let at = 0; at < text.length; ) {
    const code = text.charCodeAt(at);
    if (code === 10) {
      line += 1;
      at += 1;
    } else if (code <= 32) at += 1;
    else if (code === 0x2f && text[at + 1] === '*') {
      const end = text.indexOf('*/', at + 2);
      const stop = end < 0 ? text.length : end + 2;
      for (let index = text.indexOf('\n', at); index >= 0 && index < stop; index = text.indexOf('\n', index + 1)) line += 1;
      at = stop;
    } else if (lexicon.lineComments.some((mark) => text.startsWith(mark, at))) {
      const end = text.indexOf('\n', at);
      at = end < 0 ? text.length : end;
    } else {
      expression.lastIndex = at;
      const found = expression.exec(text)?.[0] ?? text[at]!;
      tokens.push({ text: found, line, at, end: at + found.length });
      if (tokens.length > mostTokens) throw new HarnessError({ code: 'linker-script', kind: 'usage', message: `${file} is too large for a linker script`, nextStep: 'give a .ld, .icf or .sct file' });
      at += found.length;
    }
  }
  return tokens;
}

/** Index of the bracket that closes the one at `open`; the end of the tokens where none does. */
export function closing(tokens: readonly Token[], open: number): number {
  const pairs: Readonly<Record<string, string>> = { '{': '}', '(': ')', '[': ']' };
  const first = tokens[open]?.text ?? '';
  const last = pairs[first];
  let depth = 0;
  for (let index = open; index < tokens.length; index++) {
    const { text } = tokens[index]!;
    if (text === first) depth += 1;
    else if (text === last && --depth === 0) return index;
  }
  return tokens.length;
}
