import { delimiter } from 'node:path';
import process from 'node:process';
import { afterEach, describe, expect, it } from '@jest/globals';
import { toolDirectory } from '../virtual-board/index.js';
import { describeVersion, packageVersion } from './version.js';

const path = process.env['PATH'];
afterEach(() => {
  process.env['PATH'] = path;
});

describe('--version', () => {
  it('a tool on PATH → its version and place beside ours and Node\'s', async () => {
    process.env['PATH'] = `${toolDirectory()}${delimiter}${path ?? ''}`;
    expect(await describeVersion()).toMatch(new RegExp(`^rot-hil ${packageVersion()}\nNode ${process.version}\nSTM32_Programmer_CLI 2\\.21\\.0 at /.*STM32_Programmer_CLI$`));
  });

  it('no tool anywhere → says so, and fails nothing', async () => {
    process.env['PATH'] = '/nonexistent';
    expect(await describeVersion()).toMatch(/\nSTM32_Programmer_CLI not found \(needed for real boards only\)$/);
  });
});
