import type { PrintLine } from './output.js';
import { describeBoards } from './session.js';

/** `-l` and `-l st-link`: the attached probes. */
export async function listProbes(what: string, print: PrintLine): Promise<void> {
  const probes = what === 'all' || what === 'st-link' || what === 'stlink' ? await describeBoards() : [];
  print('=====  STLink Interface =====');
  print();
  if (probes.length === 0) {
    // No probe is no failure of a listing.
    print('Error: No debug probe detected.');
    print();
    return;
  }
  print('-------- Connected ST-LINK Probes List --------');
  probes.forEach((probe, index) => {
    print();
    print(`ST-Link Probe ${String(index)} :`);
    print(`   ST-LINK SN  : ${probe.probeSn}`);
    print('   ST-LINK FW  : V3J15M6');
    print('   Access Port Number  : 2');
    print(`   Board Name  : ${probe.boardName}`);
  });
  print('-----------------------------------------------');
  print();
}
