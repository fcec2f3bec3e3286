import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { TryArguments } from './try-arguments.js';
import { runTrial } from './try-run.js';

const prebuilt = (name: string): string => new URL(`../../firmware-fixtures/prebuilt/${name}`, import.meta.url).pathname;
const usual: TryArguments = { kit: 'stm32h7s78-dk', rotRelease: 'current', for: 0.02, seed: 1 };
const trial = async (path: string, args: Partial<TryArguments> = {}, expected?: RegExp): Promise<Record<string, unknown> & { boots: boolean }> => {
  const { boots, document, lines } = await runTrial(path, { ...usual, ...args }, expected, () => undefined);
  return { ...document, boots, lines };
};

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rot-hil-try-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Where the word of a run address lies in the fixture's file. */
function fileOffset(file: Buffer, address: number): number {
  const table = file.readUInt32LE(28);
  for (let index = 0; index < file.readUInt16LE(44); index++) {
    const at = table + index * 32;
    const [offset, virtual, size] = [file.readUInt32LE(at + 4), file.readUInt32LE(at + 8), file.readUInt32LE(at + 16)];
    if (address >= virtual && address < virtual + size) return offset + address - virtual;
  }
  throw new Error('not in the file');
}

/** A copy of the fixture with other words, and with the endless loops of ST's templates for fault handlers. */
function changed(name: string, words: Readonly<Record<number, number>>): string {
  const file = Buffer.from(readFileSync(prebuilt('app-1.0.0.elf')));
  const start = fileOffset(file, 0x70000400);
  // A branch to itself, in a vector that the architecture reserves.
  file.writeUInt32LE(0xe7fee7fe, start + 7 * 4);
  for (const vector of [3, 4, 5, 6]) file.writeUInt32LE(0x70000400 + 7 * 4 + 1, start + vector * 4);
  for (const [at, value] of Object.entries(words)) file.writeUInt32LE(value, fileOffset(file, Number(at)));
  const path = join(folder, `${name}.elf`);
  writeFileSync(path, file);
  return path;
}

describe('try', () => {
  it('the fixture in external RAM → boots, main and its banner in board time, the same for the same seed', async () => {
    const first = await trial(prebuilt('app-1.0.0.elf'));
    expect(first).toMatchObject({ boots: true, verdict: 'boots', configuration: { bootPath: 'oemirot', mode: 'overwrite', exec: 'ext-ram' }, fault: null, rule: null });
    expect(first['console']).toEqual([expect.stringContaining('fixture=app version=1.0.0')]);
    expect(first['mainSeconds']).toBeGreaterThan(0);
    expect(first['rot']).toContain('[INF] Jumping to the first image slot');
    expect(await trial(prebuilt('app-1.0.0.elf'))).toEqual(first);
  });

  it('the same behind STiRoT and OEMuRoT → boots', async () => {
    expect(await trial(prebuilt('app-1.0.0.elf'), { bootPath: 'stirot-oemurot' })).toMatchObject({ boots: true, configuration: { bootPath: 'stirot-oemurot' } });
  });

  it('--expect → ends with the line; another pattern → silent, exit by time', async () => {
    const met = await trial(prebuilt('app-1.0.0.elf'), {}, /fixture=app/);
    expect(met).toMatchObject({ boots: true });
    expect(met['seconds']).toBeLessThan(0.02);
    expect(await trial(prebuilt('app-1.0.0.elf'), {}, /something else/)).toMatchObject({ boots: false, verdict: 'silent' });
  });

  it('an update in swap mode that does not confirm itself → boots, and is reverted at the next reset; signed as confirmed → no such word', async () => {
    const args: Partial<TryArguments> = { kit: 'nucleo-h7s3l8', mode: 'swap', swapFrom: prebuilt('app-1.0.0-nucleo-h7s3l8-int-ram.elf') };
    const update = await trial(prebuilt('app-1.1.0-nucleo-h7s3l8-int-ram.elf'), args);
    expect(update).toMatchObject({ boots: true, update: expect.stringContaining('reverts') });
    expect(update['rot']).toContain('[INF] Swap type: test');
    const confirmed = await trial(prebuilt('app-1.1.0-nucleo-h7s3l8-int-ram.elf'), { ...args, confirm: true });
    expect(confirmed).toMatchObject({ boots: true, update: null });
    expect(confirmed['rot']).toContain('[INF] Swap type: perm');
  });

  it('a reset handler outside the slot → stopped by a fetch fault, explained by the rule', async () => {
    const path = changed('reset', { 0x70000404: 0x20000001 });
    const result = await trial(path);
    expect(result).toMatchObject({ boots: false, verdict: 'stopped', rule: { rule: 'reset-handler' } });
    expect(JSON.stringify(result['fault'])).toContain('IACCVIOL');
    expect(result['fault']).toMatchObject({ branches: [{ kind: 'exception', from: '0x20000000' }] });
  });

  it('a stack in memory that no region opens → stopped, explained by the rule of the stack', async () => {
    const path = changed('stack', { 0x70000400: 0x10000000, 0x70000404: 0x20000001 });
    const result = await trial(path);
    expect(result).toMatchObject({ boots: false, verdict: 'stopped', rule: { rule: 'initial-stack-pointer' } });
  });

  it('a block that is not modelled → stopped by its name, with the option that lets it be storage; with that option it runs on', async () => {
    // LDR R0, [PC]; LDR R1, [R0]; B .: the address of I2C3_CR1 lies behind.
    const path = changed('block', { 0x70000404: 0x70000421, 0x70000420: 0x68014801, 0x70000424: 0xe7fee7fe, 0x70000428: 0x40005c00 });
    const stopped = await trial(path);
    expect(stopped).toMatchObject({ boots: false, verdict: 'stopped', reason: expect.stringContaining('I2C3 +0x0') });
    expect(stopped['lines']).toContainEqual(expect.stringContaining('--allow-unmodelled I2C3'));
    expect(await trial(path, { allowUnmodelled: ['I2C3'], for: 0.001 })).toMatchObject({ boots: true });
  });

  it('an application that sets the console to another rate → boots, with a note of both; the fixture → without', async () => {
    // Three times LDR R0, [PC]; LDR R1, [PC]; STR R1, [R0], then B .: the clock of UART4, its BRR, its CR1.
    const code = [0x49074806, 0x48076001, 0x60014907, 0x49084807, 0xe7fe6001, 0, 0, 0x58024548, 0x00080000, 0x40004c0c, 0x8b, 0x40004c00, 0xd];
    const path = changed('rate', { 0x70000404: 0x70000421, ...Object.fromEntries(code.map((word, index) => [0x70000420 + index * 4, word])) });
    const { boots, lines } = await trial(path, { for: 0.001 });
    expect({ boots, notes: (lines as string[]).filter((line) => line.startsWith('  note')) }).toEqual({ boots: true, notes: [expect.stringMatching(/UART4 is set to \d+ baud and its far end to 115200/)] });
    expect(((await trial(prebuilt('app-1.0.0.elf')))['lines'] as string[]).join('\n')).not.toContain('  note');
  });

  it('an application linked for another slot → refused with the rule', async () => {
    await expect(trial(prebuilt('app-1.0.0-xip.elf'), { exec: 'ext-ram' })).rejects.toMatchObject({ code: 'application-address', kind: 'subject', fields: { rule: 'vector-table-address' } });
  });
});
