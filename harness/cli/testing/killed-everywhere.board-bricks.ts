import process from 'node:process';
import { expect, it } from '@jest/globals';
import type { Killed } from './killed-harness.js';
import { complaints, KilledHarness } from './killed-harness.js';
import type { ProvisioningTarget } from './prepared-provisioning.js';
import { targetName } from './prepared-provisioning.js';

const kit = 'stm32h7s78-dk';
const targets: readonly ProvisioningTarget[] = [
  { kit, bootPath: 'oemirot', mode: 'overwrite', exec: 'int-ram', state: 'OPEN', method: 'certificate' },
  { kit, bootPath: 'oemirot', mode: 'overwrite', exec: 'int-ram', state: 'CLOSED', method: 'certificate' },
  { kit, bootPath: 'stirot', mode: 'overwrite', exec: 'int-ram', state: 'CLOSED', method: 'password' },
  { kit, bootPath: 'stirot-oemurot', mode: 'overwrite', exec: 'ext-ram', state: 'CLOSED', method: 'certificate' },
];
/** `BRICKS_EVERY=7`: one point of seven. */
const every = Number(process.env['BRICKS_EVERY'] ?? 1);

it.each(targets.map((target) => [targetName(target), target] as const))('%s: killed at every step of provision and regress → status tells what the board is, nothing is repeated, the board comes back', async (name, target) => {
  const rig = await KilledHarness.start(target);
  const results: Killed[] = [];
  try {
    const points = [...rig.points('provision'), ...(target.state === 'OPEN' ? [] : rig.points('regress'))];
    for (const [number, point] of points.entries()) if (number % every === 0) results.push(await rig.kill(point));
  } finally {
    await rig.close();
  }
  const states = [...new Set(results.map(({ state }) => state))].map((one) => `${results.filter(({ state }) => state === one).length} in ${one}`);
  process.stderr.write(`${name}: ${results.length} kills, ${results.filter(({ uncertain }) => uncertain).length} in the middle of a call that changes the board; ${states.join(', ')}\n`);
  expect(complaints(target, results)).toEqual([]);
}, 3_600_000);
