import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { beginJournalAnew, Journal, journalFolder, journalPath } from './journal.js';
import { journalAdvice, judgeJournal, readJournalText } from './read-journal.js';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rot-hil-journal-'));
  path = join(folder, 'deep', 'board.jsonl');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const begin = { event: 'plan-begin', plan: 'oemirot', steps: 2, files: {} } as const;
const step = (number: number, changesState = true) => ({ event: 'step-begin', number, step: `s${number}`, arguments: ['-x'], files: [], changesState }) as const;
const done = (number: number) => ({ event: 'step-end', number, step: `s${number}`, outcome: 'done' }) as const;
const report = () => judgeJournal(readJournalText(path));

describe('the journal of a board', () => {
  it('none → certain, nothing known', () => expect(report()).toMatchObject({ certain: true, lastStep: null, unfinished: false }));

  it('a plan to its end → certain; mode 0600', () => {
    const journal = new Journal(path);
    for (const event of [begin, step(1), done(1), step(2), done(2), { event: 'plan-end', outcome: 'done' } as const]) journal.append(event);
    journal.close();
    expect(report()).toMatchObject({ certain: true, lastStep: 's2', done: ['s1', 's2'], unknown: null, unfinished: false, damage: [] });
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('of a board that has only just come into being → empty and certain; that of its namesake is put aside, whole; none before → nothing to do', () => {
    const own = journalPath('0AB1', folder);
    beginJournalAnew('0AB1', folder);
    const journal = new Journal(own);
    for (const event of [begin, step(1)]) journal.append(event);
    journal.close();
    const before = readFileSync(own);
    expect(judgeJournal(readJournalText(own))).toMatchObject({ certain: false });
    beginJournalAnew('0ab1', folder);
    expect(judgeJournal(readJournalText(own))).toMatchObject({ certain: true, lastStep: null });
    expect(readFileSync(`${own}.earlier`)).toEqual(before);
  });

  it('it ends in the middle of a step that changes the board → that step is unknown, those before certain', () => {
    const journal = new Journal(path);
    for (const event of [begin, step(1), done(1), step(2)]) journal.append(event);
    expect(report()).toMatchObject({ certain: false, done: ['s1'], unknown: { step: 's2' }, unfinished: true });
    expect(journalAdvice(report(), '--board desk')).toEqual([expect.stringContaining('done: s1'), expect.stringContaining('whether s2 was done'), expect.stringContaining('rot-hil status --board desk')]);
    journal.append({ event: 'state-read', productState: 'PROVISIONING' });
    expect(report()).toMatchObject({ certain: true, unknown: null, unfinished: false });
  });

  it('it ends in the middle of an installation → to be made again, and no word of a regression', () => {
    const journal = new Journal(path);
    for (const event of [{ ...begin, plan: 'installation in the secondary slot, oemirot overwrite xip', files: { image: 'ab' } }, step(1)]) journal.append(event);
    expect(report()).toMatchObject({ certain: false, unknown: { step: 's1' } });
    expect(journalAdvice(report(), '--board desk').join('\n')).toMatch(/whether s1 was done[^]*safe: .*rot-hil install <image> --board desk\. Nothing is repeated by itself$/);
    expect(journalAdvice(report(), '--board desk').join('\n')).not.toContain('regress');
  });

  it('it ends in the middle of a read, or between two steps → nothing is unknown, but the plan is not over', () => {
    const journal = new Journal(path);
    for (const event of [begin, step(1), done(1), step(2, false)]) journal.append(event);
    expect(report()).toMatchObject({ certain: false, done: ['s1'], unknown: null, unfinished: true });
  });

  it('a torn last line → cut off when it is opened again, what stands before is kept and goes on', () => {
    const journal = new Journal(path);
    for (const event of [begin, step(1)]) journal.append(event);
    journal.close();
    const whole = readFileSync(path, 'utf8');
    appendFileSync(path, '{"seq":3,"previous":"ab');
    expect(report()).toMatchObject({ damage: [], unknown: { step: 's1' } });
    const again = new Journal(path);
    expect(again.before).toMatchObject({ unknown: { step: 's1' } });
    expect(readFileSync(path, 'utf8')).toBe(whole);
    again.append(done(1));
    expect(report()).toMatchObject({ damage: [], done: ['s1'] });
  });

  it('a line that was taken out or changed → not certain, and said', () => {
    const journal = new Journal(path);
    for (const event of [begin, step(1), done(1), { event: 'plan-end', outcome: 'done' } as const]) journal.append(event);
    expect(report().certain).toBe(true);
    const lines = readFileSync(path, 'utf8').split('\n');
    writeFileSync(path, lines.filter((_, index) => index !== 2).join('\n'));
    expect(report()).toMatchObject({ certain: false, damage: [expect.stringContaining('changed or is missing')] });
    writeFileSync(path, lines.join('\n').replace('"s1","outcome":"done"', '"s1","outcome":"failed"'));
    expect(report()).toMatchObject({ certain: false });
  });

  it('anything in the file → never an exception', () => {
    fc.assert(fc.property(fc.string(), (text) => void judgeJournal(text)), { numRuns: 300 });
    fc.assert(fc.property(fc.array(fc.json()), (lines) => void judgeJournal(lines.join('\n') + '\n')), { numRuns: 200 });
  });

  it('a folder that cannot be written → refused before anything is done', () => {
    writeFileSync(join(folder, 'file'), '');
    expect(() => new Journal(join(folder, 'file', 'x.jsonl'))).toThrow(expect.objectContaining({ code: 'journal', kind: 'usage' }));
  });

  it('one file a probe, however its serial number is spelt; the folder from the environment', () => {
    expect(journalPath('00AB12', '/j')).toBe(journalPath('ab12', '/j'));
    expect(journalPath('../../etc', '/j')).toBe('/j/______etc.jsonl');
    expect(journalFolder({ ROT_HIL_STATE_DIR: '/s' })).toBe('/s/journals');
  });
});
