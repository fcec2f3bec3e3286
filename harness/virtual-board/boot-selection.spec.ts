import { describe, expect, it } from '@jest/globals';
import { chooseConfiguration, loadKit } from '../board/index.js';
import { ObkStore, irotSelect } from '../rot/index.js';
import { bootConfiguration } from './boot-selection.js';

const kit = loadKit('stm32h7s78-dk');
const empty = new ObkStore();
const withOemurotKeys = new ObkStore();
withOemurotKeys.write(2, 8, new Uint8Array(32), { encrypted: true });

describe('boot path by the state of the chip', () => {
  it.each([
    ['OEM, no keys of level 2', { bootPath: 'stirot' }, irotSelect.oem, empty, { bootPath: 'oemirot', mode: 'overwrite', exec: 'int-ram' }],
    ['OEM, keys of level 2', { bootPath: 'oemirot', exec: 'xip' }, irotSelect.oem, withOemurotKeys, { bootPath: 'oemirot', exec: 'xip' }],
    ['ST, no keys of level 2', { bootPath: 'oemirot', mode: 'swap', exec: 'xip' }, irotSelect.st, empty, { bootPath: 'stirot', mode: 'overwrite', exec: 'int-ram' }],
    ['ST, keys of level 2', { bootPath: 'oemirot', mode: 'swap', exec: 'xip' }, irotSelect.st, withOemurotKeys, { bootPath: 'stirot-oemurot', mode: 'swap', exec: 'xip' }],
    ['ST, no keys of level 2, started for OEMuRoT', { bootPath: 'stirot-oemurot' }, irotSelect.st, empty, { bootPath: 'stirot-oemurot', exec: 'ext-ram' }],
    ['a value that selects neither', { bootPath: 'stirot' }, 0x00, empty, { bootPath: 'oemirot' }],
  ] as const)('IROT_SELECT %s → %o', (_title, built, select, obkeys, configuration) => {
    expect(bootConfiguration(kit, chooseConfiguration(kit, built), select, obkeys)).toMatchObject(configuration);
  });
});
