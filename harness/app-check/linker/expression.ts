/** One token with where it stands. */
export interface Token {
  readonly text: string;
  /** From 1 on. */
  readonly line: number;
  /** Offset of its first character in the file, and behind its last one; of what a macro stands for, those of the macro's name. */
  readonly at: number;
  readonly end: number;
}

/** Gives a symbol's value; undefined: not known. */
export type Lookup = (name: string) => number | undefined;
/** Functions of linker script expressions: ORIGIN, LENGTH …; gets the argument tokens. */
export type Call = (name: string, args: readonly (readonly Token[])[]) => number | undefined;

const precedence: Readonly<Record<string, number>> = { '||': 1, '&&': 2, '|': 3, '^': 4, '&': 5, '==': 6, '!=': 6, '<': 7, '>': 7, '<=': 7, '>=': 7, '<<': 8, '>>': 8, '+': 9, '-': 9, '*': 10, '/': 10, '%': 10 };
const operations: Readonly<Record<string, (a: number, b: number) => number | undefined>> = {
  '||': (a, b) => Number(a !== 0 || b !== 0),
  '&&': (a, b) => Number(a !== 0 && b !== 0),
  '|': (a, b) => (a | b) >>> 0,
  '^': (a, b) => (a ^ b) >>> 0,
  '&': (a, b) => (a & b) >>> 0,
  '==': (a, b) => Number(a === b),
  '!=': (a, b) => Number(a !== b),
  '<': (a, b) => Number(a < b),
  '>': (a, b) => Number(a > b),
  '<=': (a, b) => Number(a <= b),
  '>=': (a, b) => Number(a >= b),
  '<<': (a, b) => (b > 31 ? 0 : (a << b) >>> 0),
  '>>': (a, b) => (b > 31 ? 0 : a >>> b),
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => (b === 0 ? undefined : Math.trunc(a / b)),
  '%': (a, b) => (b === 0 ? undefined : a % b),
};
const deepest = 64;

/** A number as linker scripts write it: decimal, 0x…, with K or M (GNU ld, ILINK), with U or L (C). */
function readNumber(text: string): number | undefined {
  const match = /^(0[xX][0-9a-fA-F]+|[0-9]+)([kKmM]?)([uUlL]*)$/.exec(text) ?? /^([0-9a-fA-F]+)()([hH])$/.exec(text);
  if (match === null) return undefined;
  const value = match[3]!.toLowerCase() === 'h' ? parseInt(match[1]!, 16) : Number(match[1]);
  const unit = match[2]!.toLowerCase();
  return value * (unit === 'k' ? 1024 : unit === 'm' ? 1024 * 1024 : 1);
}

/** Cursor over the tokens of an expression. */
class Reader {
  position = 0;
  depth = 0;
  constructor(readonly tokens: readonly Token[], readonly lookup: Lookup, readonly call: Call) {}
  peek(): string | undefined {
    return this.tokens[this.position]?.text;
  }
}

/**
 * Reads one expression from the start of `tokens`: as many of them as belong to it.
 * @returns its value, undefined where it uses something unknown, and how many tokens it took (0: none begins here)
 */
export function evaluatePrefix(tokens: readonly Token[], lookup: Lookup, call: Call = () => undefined): { readonly value: number | undefined; readonly used: number } {
  const reader = new Reader(tokens, lookup, call);
  const value = conditional(reader);
  return { value, used: reader.position };
}

/** Value of a whole expression; undefined where it is not one, or uses something unknown. */
export function evaluate(tokens: readonly Token[], lookup: Lookup, call?: Call): number | undefined {
  const { value, used } = evaluatePrefix(tokens, lookup, call);
  return used === tokens.length ? value : undefined;
}

function conditional(reader: Reader): number | undefined {
  if (++reader.depth > deepest) return undefined;
  const test = binary(reader, 0);
  if (reader.peek() === '?') {
    reader.position += 1;
    const yes = conditional(reader);
    if (reader.peek() === ':') reader.position += 1;
    const no = conditional(reader);
    reader.depth -= 1;
    return test === undefined ? undefined : test !== 0 ? yes : no;
  }
  reader.depth -= 1;
  return test;
}

function binary(reader: Reader, least: number): number | undefined {
  let left = unary(reader);
  for (;;) {
    const operator = reader.peek();
    const level = operator === undefined ? undefined : precedence[operator];
    if (level === undefined || level <= least) return left;
    reader.position += 1;
    const right = binary(reader, level);
    left = left === undefined || right === undefined ? undefined : operations[operator!]!(left, right);
  }
}

function unary(reader: Reader): number | undefined {
  const text = reader.peek();
  if (text === undefined || ++reader.depth > deepest) return undefined;
  try {
    if (text === '-' || text === '+' || text === '~' || text === '!') {
      reader.position += 1;
      const value = unary(reader);
      if (value === undefined) return undefined;
      return text === '-' ? -value : text === '~' ? ~value >>> 0 : text === '!' ? Number(value === 0) : value;
    }
    if (text === '(') {
      reader.position += 1;
      const value = conditional(reader);
      if (reader.peek() === ')') reader.position += 1;
      return value;
    }
    const number = readNumber(text);
    if (number !== undefined) {
      reader.position += 1;
      return number;
    }
    if (!/^[A-Za-z_.$"]/.test(text)) return undefined;
    reader.position += 1;
    if (reader.peek() !== '(') return reader.lookup(text);
    return reader.call(text, callArguments(reader));
  } finally {
    reader.depth -= 1;
  }
}

function callArguments(reader: Reader): readonly (readonly Token[])[] {
  const args: Token[][] = [[]];
  let nesting = 0;
  for (reader.position += 1; reader.position < reader.tokens.length; reader.position += 1) {
    const token = reader.tokens[reader.position]!;
    if (token.text === ')' && nesting-- === 0) break;
    if (token.text === '(') nesting += 1;
    if (token.text === ',' && nesting === 0) args.push([]);
    else args.at(-1)!.push(token);
  }
  reader.position += 1;
  return args;
}
