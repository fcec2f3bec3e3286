import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { chooseConfiguration, loadKit } from '../board/index.js';
import type { ExecutionMode } from '../board/index.js';
import { protectionAfterBoot } from '../rot/index.js';
import { applicationFromElf, bootSurroundings, checkApplication } from '../app-check/index.js';

const prebuilt = (name: string): Uint8Array => readFileSync(new URL(`../../firmware-fixtures/prebuilt/${name}`, import.meta.url));

function judge(name: string, kitId: string, exec: ExecutionMode): ReturnType<typeof checkApplication> {
  const kit = loadKit(kitId);
  const configuration = chooseConfiguration(kit, { exec, mode: 'swap' });
  return checkApplication(applicationFromElf(prebuilt(name), name), bootSurroundings(kit, configuration, protectionAfterBoot(kit, configuration, 'current')));
}

describe('the fixture application', () => {
  it.each([
    ['app-1.0.0.elf', 'stm32h7s78-dk', 'ext-ram'],
    ['app-1.0.0-xip.elf', 'stm32h7s78-dk', 'xip'],
    ['app-1.0.0-int-ram.elf', 'stm32h7s78-dk', 'int-ram'],
    ['app-1.0.0-nucleo-h7s3l8-xip.elf', 'nucleo-h7s3l8', 'xip'],
    ['app-1.0.0-nucleo-h7s3l8-int-ram.elf', 'nucleo-h7s3l8', 'int-ram'],
  ] as const)('%s on %s, %s → no error, and no warning but for the MPU region that its suite asks for', (name, kit, exec) => {
    const { verdict, findings } = judge(name, kit, exec);
    // The mpu suite asks the fixture for a region that is writable and executable: that finding is right.
    expect(findings.filter(({ severity, rule }) => severity !== 'info' && rule !== 'mpu-write-execute')).toEqual([]);
    expect(verdict).toBe('ok');
  });

  it('linked for external RAM, checked against execution in place → refused by vector table, reset handler and load address', () => {
    const { verdict, findings } = judge('app-1.0.0.elf', 'stm32h7s78-dk', 'xip');
    expect(verdict).toBe('failed');
    expect(findings.filter(({ severity }) => severity === 'error').map(({ rule }) => rule)).toEqual(expect.arrayContaining(['vector-table-address', 'reset-handler', 'image-outside-slot', 'code-executable']));
    expect(findings.find(({ rule }) => rule === 'vector-table-address')).toMatchObject({ address: '0x70000400', expected: '0x90000400', found: '0x70000400' });
  });
});
