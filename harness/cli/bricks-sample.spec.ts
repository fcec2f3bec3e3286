import { execaSync } from 'execa';
import { describe, expect, it, jest } from '@jest/globals';
import { KilledHarness, complaints as complaintsOfKills } from './testing/killed-harness.js';
import type { ProvisioningTarget } from './testing/prepared-provisioning.js';
import { targetName } from './testing/prepared-provisioning.js';
import { StruckBoard, complaints, everyTarget, strikingFaults } from './testing/struck-board.js';

jest.setTimeout(120_000);

/** Over the days the samples meet everything; `npm run bricks:boards` does it at once. */
const day = Math.floor(Date.now() / 86_400_000);
const closed: ProvisioningTarget = { kit: 'stm32h7s78-dk', bootPath: 'oemirot', mode: 'overwrite', exec: 'int-ram', state: 'CLOSED', method: 'certificate' };

describe('the harness killed (kill -9) while it provisions a virtual board', () => {
  it('at points of the day → status tells what the board is, provision repeats nothing, regress brings it back', async () => {
    const rig = await KilledHarness.start(closed);
    try {
      const points = rig.points('provision');
      // One in the middle of a call early on, one between two calls.
      const chosen = [points.filter(({ moment }) => moment === 'amid')[1 + (day % 8)]!, points.filter(({ moment }) => moment !== 'amid')[day % 24]!];
      const killed = [];
      for (const point of chosen) killed.push(await rig.kill(point));
      expect(complaintsOfKills(closed, killed)).toEqual([]);
      expect(killed.filter(({ state }) => !['OPEN', 'PROVISIONING', 'CLOSED'].includes(state))).toEqual([]);
    } finally {
      await rig.close();
    }
  });

  it('while its tool hangs on the probe → status names the tool that is left instead of guessing; once that has ended, it tells the truth', async () => {
    const rig = await KilledHarness.start(closed);
    try {
      const { refused, pids, status, truth } = await rig.killWithHangingTool('provision-da');
      expect(refused).toMatchObject({ error: { code: 'lease-held', kind: 'bench', message: expect.stringMatching(/which has ended and left (?:a process|processes) behind: \d+/), nextStep: expect.stringMatching(/^see what it is doing, and end it if it hangs: kill \d+/) } });
      expect(pids.length).toBeGreaterThan(0);
      expect(status).toMatchObject({ productState: 'PROVISIONING', recoverable: true, journal: { lastStep: 'provision-da', certain: false } });
      expect(truth.productState).toBe('PROVISIONING');
      expect(execaSync('ps', ['-o', 'stat=', '-p', pids.join(',')], { reject: false }).stdout.replace(/^Z.*$/gm, '').trim()).toBe('');
    } finally {
      await rig.close();
    }
  });
});

describe('a virtual board whose power fails, whose probe goes, whose tool lies, at commands of the day', () => {
  const targets = everyTarget();
  const target = targets[day % targets.length]!;

  it(`${targetName(target)} → done, refused with reasons, or stopped and brought back; without a fault done`, async () => {
    const board = await StruckBoard.start(target);
    try {
      const commands = await board.count();
      const cells = [];
      for (const [index, fault] of strikingFaults.entries()) cells.push(await board.strike(fault, 1 + ((day * 7 + index * 17) % commands)));
      expect(complaints(target, cells)).toEqual([]);
    } finally {
      await board.close();
    }
  });
});
