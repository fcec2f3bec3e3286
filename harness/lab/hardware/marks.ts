import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A place in the sources where something is said that nobody has seen on a board yet. */
export interface Mark {
  /** `harness/emulator/stm32h7rs/dma.ts` */
  readonly file: string;
  /** The sentence with the mark, without it. */
  readonly fact: string;
  /** The whole comment, where that says more; else the same. */
  readonly comment: string;
  /** The code that the comment stands at; empty where none follows. */
  readonly code: string;
}

/** What this looks for, spelt so that it does not find itself. */
const mark = ['unverified', ':'].join('');
const roots = ['boards', 'firmware-fixtures/src', 'harness', 'suites'];
/** These talk about marks. */
const leftOut = [/\.spec\.ts$/, /\.qemu\.ts$/, /\/testing\//, /^harness\/lab\/hardware\//, /^harness\/cli\/confirm/, /^suites\/confirm\//, /\.json$/, /\.elf$/];
const longest = 700;

/** Every mark below the root of the sources, by file and line. */
export function collectMarks(root: string): Mark[] {
  return roots
    .flatMap((folder) => readdirSync(join(root, folder), { recursive: true, withFileTypes: true }).flatMap((entry) => (entry.isFile() ? [join(entry.parentPath, entry.name).slice(root.length).replaceAll('\\', '/').replace(/^\//, '')] : [])))
    .filter((file) => !leftOut.some((pattern) => pattern.test(file)))
    .sort()
    .flatMap((file) => marksOf(file, readFileSync(join(root, file), 'utf8')));
}

/** The marks of one file. */
export function marksOf(file: string, text: string): Mark[] {
  const lines = text.split('\n');
  const seen = new Map<number, Mark[]>();
  lines.forEach((line, index) => {
    if (!line.includes(mark)) return;
    const [first, last] = blockAround(lines, index);
    if (seen.has(first)) return;
    const comment = lines.slice(first, last + 1).map(plain).join(' ').replace(/\s+/g, ' ').trim();
    const code = codeAt(lines, first, last);
    const sentences = comment.split(/(?<=[.;])\s+(?=[A-Z`u])/).filter((sentence) => sentence.includes(mark));
    seen.set(first, sentences.map((sentence) => ({ file, fact: unmarked(sentence, comment), comment: withoutMarks(comment), code })));
  });
  return [...seen.values()].flat();
}

const commentLine = /^\s*(\/\/|\/?\*|#)/;

/** The lines of the comment that a line belongs to: the line itself where code stands before it. */
function blockAround(lines: readonly string[], index: number): [number, number] {
  if (!commentLine.test(lines[index]!)) return [index, index];
  let first = index;
  let last = index;
  // A block comment ends at its end, line comments where they stop.
  while (first > 0 && commentLine.test(lines[first - 1]!) && !/\*\/\s*$/.test(lines[first - 1]!) && !/^\s*\/\*/.test(lines[first]!)) first--;
  while (last + 1 < lines.length && commentLine.test(lines[last + 1]!) && !/\*\/\s*$/.test(lines[last]!)) last++;
  return [first, last];
}

function plain(line: string): string {
  const open = line.replace(/\*\/.*$/, '');
  return (/(?:\/\/|\/\*\*?|#)\s?(.*)$/.exec(open)?.[1] ?? open.replace(/^\s*\*\s?/, '')).trim();
}

function codeAt(lines: readonly string[], first: number, last: number): string {
  const own = lines[first]!.replace(/(\/\/|\/\*|#).*$/, '').trim();
  const code = own !== '' && own !== '*' ? own : (lines[last + 1] ?? '').trim();
  return code.slice(0, 160);
}

/** `(unverified: x)` and `unverified: x` without the word; where nothing but the word stands there, the whole comment is the fact. */
function unmarked(sentence: string, comment: string): string {
  const fact = withoutMarks(sentence);
  return (fact.length < 25 ? withoutMarks(comment) : fact).slice(0, longest);
}

function withoutMarks(text: string): string {
  return text
    .replace(new RegExp(`\\s*\\(\`?${mark}\`?\\)`, 'g'), '')
    .replace(new RegExp(`\`?${mark}\`?\\s*`, 'g'), '')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, longest);
}
