import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { collectMarks, factsOf, idleProbes, marksOf } from './index.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const suite = readFileSync(`${root}suites/confirm/hardware.hil.ts`, 'utf8');
const word = ['unverified', ':'].join('');

describe('marks', () => {
  it.each([
    ['a line comment', `// ${word} that it is so.\nconst a = 1;`, 'that it is so.', 'const a = 1;'],
    ['behind code', `  base: 0x90000000   # ${word} as on the other board`, 'as on the other board', 'base: 0x90000000'],
    ['one sentence of a block', `/**\n * What it does. ${word} that it does it\n * twice on the same day. And more.\n */\nfunction f() {`, 'that it does it twice on the same day.', 'function f() {'],
    ['in brackets', `/** Bits that no field covers read as 0 (\`${word}\`). */\nregisters()`, 'Bits that no field covers read as 0.', 'registers()'],
  ])('%s → the fact and its code', (_what, text, fact, code) => expect(marksOf('x.ts', text)).toEqual([expect.objectContaining({ file: 'x.ts', fact, code })]));

  it('two in one comment → two facts; a text without one → none', () => {
    expect(marksOf('x.yaml', `# ${word} the first thing is the one. ${word} the second thing is the two.\na: 1`).map(({ fact }) => fact)).toEqual(['the first thing is the one.', 'the second thing is the two.']);
    expect(marksOf('x.yaml', '# verified: no')).toEqual([]);
  });

  it('every line of the sources with a mark → stands in the list, once per sentence', () => {
    const marks = collectMarks(root);
    expect(marks.length).toBeGreaterThan(50);
    for (const { file, fact } of marks) {
      expect(readFileSync(root + file, 'utf8')).toContain(word);
      expect(fact).not.toBe('');
      expect(fact).not.toContain(word);
    }
  });
});

describe('the list of facts', () => {
  it('shipped → the one that the sources give: npm run build writes it', () => {
    const shipped = JSON.parse(readFileSync(`${root}dist/unverified.json`, 'utf8')) as { facts: unknown };
    expect(shipped.facts).toEqual(factsOf(collectMarks(root)));
  });

  it('each fact → a probe whose tests exist, or a reason; each probe → a fact', () => {
    for (const { probe, why } of factsOf(collectMarks(root))) {
      expect((probe === null) === (why !== null)).toBe(true);
      if (probe !== null) expect(suite).toContain(`'${probe}: `);
    }
    expect(idleProbes(collectMarks(root))).toEqual([]);
  });
});
