import { describe, expect, it } from '@jest/globals';
import { runCell } from './testing/brick-cell.js';
import { complaints, nameOf, runMatrix, targets } from './testing/brick-matrix.js';
import { makeInputs } from './testing/inputs.js';

/** A prime: over the days the sample meets every call with every fault. */
const every = 41;

describe('the matrix: boot path × product state × fault × call', () => {
  it('no fault → done, on every boot path and in every state', async () => {
    for (const target of targets) {
      const made = makeInputs(target.bootPath, target.state, target.method);
      try {
        expect([nameOf(target), await runCell(made, made.read({ rotBuild: 'development' }))]).toEqual([nameOf(target), { outcome: 'done', step: '-', code: 'ok', wrong: [] }]);
      } finally {
        made.remove();
      }
    }
  }, 60_000);

  it('a sample of the cells → done, refused with reasons, or stopped and brought back; the journal tells the truth', async () => {
    const first = Math.floor(Date.now() / 86_400_000) % every;
    const cells = await runMatrix((cell) => cell % every === first);
    expect(cells.length).toBeGreaterThan(50);
    expect(complaints(cells)).toEqual([]);
  }, 120_000);
});
