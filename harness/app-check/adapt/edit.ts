/** One replacement in a text. */
export interface Edit {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/** Applies edits that do not overlap. */
export function applyEdits(text: string, edits: readonly Edit[]): string {
  return [...edits].sort((a, b) => b.from - a.from || b.to - a.to).reduce((result, { from, to, text: inserted }) => result.slice(0, from) + inserted + result.slice(to), text);
}

/** The line end that a text uses: that of its first line. */
export function lineEnd(text: string): '\r\n' | '\n' {
  const at = text.indexOf('\n');
  return at > 0 && text[at - 1] === '\r' ? '\r\n' : '\n';
}

/** Where the line begins that holds a character. */
export function lineStart(text: string, at: number): number {
  return text.lastIndexOf('\n', at - 1) + 1;
}

/** A unified diff with three lines of context, without a library: the changes of an adaptation are few. */
export function unifiedDiff(before: string, after: string, name: string): string {
  const [a, b] = [before.split('\n'), after.split('\n')];
  const pairs = commonLines(a, b);
  const lines: { sign: ' ' | '-' | '+'; text: string; a: number; b: number }[] = [];
  let [i, j] = [0, 0];
  for (const [x, y] of [...pairs, [a.length, b.length] as const]) {
    for (; i < x; i++) lines.push({ sign: '-', text: a[i]!, a: i, b: j });
    for (; j < y; j++) lines.push({ sign: '+', text: b[j]!, a: i, b: j });
    if (i < a.length && j < b.length) lines.push({ sign: ' ', text: a[i]!, a: i++, b: j++ });
  }
  const near = (index: number): boolean => lines.slice(Math.max(0, index - 3), index + 4).some(({ sign }) => sign !== ' ');
  const out: string[] = [];
  for (let index = 0; index < lines.length; ) {
    if (!near(index)) {
      index += 1;
      continue;
    }
    let end = index;
    while (end < lines.length && near(end)) end += 1;
    const hunk = lines.slice(index, end);
    const count = (sign: string): number => hunk.filter((line) => line.sign === ' ' || line.sign === sign).length;
    out.push(`@@ -${hunk[0]!.a + 1},${count('-')} +${hunk[0]!.b + 1},${count('+')} @@`, ...hunk.map(({ sign, text }) => sign + text.replace(/\r$/, '')));
    index = end;
  }
  return out.length === 0 ? '' : [`--- ${name}`, `+++ ${name}`, ...out].join('\n');
}

/** Lines that both have, in order: the longest such list between what both begin and end with. */
function commonLines(a: readonly string[], b: readonly string[]): readonly (readonly [number, number])[] {
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head += 1;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail += 1;
  const [n, m] = [a.length - head - tail, b.length - head - tail];
  const pairs: [number, number][] = Array.from({ length: head }, (_, index) => [index, index]);
  if (n * m <= 4_000_000) {
    const table = new Uint32Array((n + 1) * (m + 1));
    for (let x = n - 1; x >= 0; x--) for (let y = m - 1; y >= 0; y--) table[x * (m + 1) + y] = a[head + x] === b[head + y] ? table[(x + 1) * (m + 1) + y + 1]! + 1 : Math.max(table[(x + 1) * (m + 1) + y]!, table[x * (m + 1) + y + 1]!);
    for (let x = 0, y = 0; x < n && y < m; ) {
      if (a[head + x] === b[head + y]) pairs.push([head + x++, head + y++]);
      else if (table[(x + 1) * (m + 1) + y]! >= table[x * (m + 1) + y + 1]!) x += 1;
      else y += 1;
    }
  }
  for (let index = tail; index > 0; index--) pairs.push([a.length - index, b.length - index]);
  return pairs;
}
