import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { PowerCut, observers, powerCutAt } from '../flash/index.js';
import { TestBoard } from './testing/board.js';
import { keys, recordedImage, vectorFolder } from './testing/images.js';

interface Vector {
  readonly slot: number;
  readonly half: 0 | 1;
  readonly primary: string;
  readonly secondary: string;
  readonly cnt: number;
  readonly boots: readonly string[];
  readonly ops: number;
  readonly trace: string;
  readonly log: string;
  readonly cuts: readonly (readonly [number, number, string])[];
}

/** The scratch area, which the CRCs cover too. */
const erasedScratch = new Uint8Array(0x10000).fill(0xff);

const image = (path: string): Uint8Array => recordedImage(path.replace(/^images\//, ''));

function prepare(vector: Vector): TestBoard {
  const installed = vector.primary.startsWith('inst:');
  const board = new TestBoard(vector.slot, keys, installed ? 0 : vector.cnt);
  if (installed) {
    board.put(board.secondary, image(vector.primary.slice('inst:'.length)));
    for (let i = 0; i < 3; i++) expect(board.boot().kind).toBe('application');
    board.secondary.eraseAll();
  } else board.put(board.primary, image(vector.primary));
  board.put(board.secondary, image(vector.secondary));
  return board;
}

function version(board: TestBoard): string {
  const outcome = board.boot();
  if (outcome.kind === 'application') return outcome.version;
  return outcome.kind === 'no-image' ? 'noimage' : outcome.kind;
}

const swapTypeOf = (log: readonly string[]): string => log.find((line) => line.startsWith('[INF] Swap type: '))?.slice('[INF] Swap type: '.length) ?? 'resume';

describe.each(['inst_overwrite.ow256.mce0.half0', 'badsig.ow256.mce0.half0'])('%s, recorded with ST’s MCUboot', (name) => {
  const vector = JSON.parse(readFileSync(join(vectorFolder, `${name}.json`), 'utf8')) as Vector;
  const crcs = readFileSync(join(vectorFolder, `${name}.json.crc`), 'utf8').trim().split('\n');
  const board = prepare(vector);
  const start = board.snapshot();

  it('uncut → the same versions, operations, trace and log', () => {
    board.restore(start);
    const trace = board.trace();
    board.observe(trace);
    const log: string[] = [];
    const boots = vector.boots.map(() => {
      const booted = version(board);
      log.push(...board.log);
      return booted;
    });
    board.observe(undefined);
    expect(boots).toEqual(vector.boots);
    expect(trace.count).toBe(vector.ops);
    expect(trace.toString()).toBe(vector.trace);
    expect(log.join('\n')).toBe(vector.log.trim());
    expect(board.flash.violationCount).toBe(0);
  });

  it('cut at every operation → the same outcome and the same flash contents after recovery', () => {
    const found: string[] = [];
    const foundCrcs: string[] = [];
    for (let k = 1; k <= vector.ops; k++) {
      board.restore(start);
      board.observe(observers(powerCutAt(k, { half: vector.half === 1 })));
      let boot = 0;
      try {
        for (; boot < vector.boots.length; boot++) version(board);
      } catch (error) {
        if (!(error instanceof PowerCut)) throw error;
      }
      board.observe(undefined);
      const recovery = [0, 1, 2].map(() => {
        const booted = version(board);
        return `${swapTypeOf(board.log)}:${booted}`;
      });
      found.push(`b${boot}|${recovery.join('|')}`);
      const contents = Buffer.concat([board.primary.read(0, vector.slot), board.secondary.read(0, vector.slot), erasedScratch]);
      foundCrcs.push(crc32(contents).toString(16).padStart(8, '0'));
    }
    const wanted = vector.cuts.flatMap(([first, last, outcome]) => Array.from({ length: last - first + 1 }, () => outcome));
    expect(found).toEqual(wanted);
    expect(foundCrcs).toEqual(crcs);
  });
});
