import { describe, expect, it } from '@jest/globals';
import { NorFlash, OperationCounter } from '../flash/index.js';
import { RamFlag, confirmationFlagAddress, confirmationPattern, consumeConfirmation } from './confirmation.js';
import { FlashArea } from './flash-area.js';
import { readTrailer, writeCopyDone, writeImageOk, writeMagic } from './trailer.js';

const format = { maxAlign: 16, programUnit: 16 } as const;

/** A primary slot with a trailer, and a confirmation waiting in RAM. */
function prepared(trailer: { readonly magic?: 'good' | 'bad'; readonly copyDone?: true; readonly imageOk?: true }) {
  const chip = new NorFlash({ size: 0x10000 });
  const primary = new FlashArea('primary', chip, { base: 0x90000000, size: 0x10000 }, 0x90000000);
  if (trailer.magic !== undefined) writeMagic(primary);
  if (trailer.magic === 'bad') primary.program(0xfff0, Uint8Array.of(0));
  if (trailer.copyDone) writeCopyDone(primary, format);
  if (trailer.imageOk) writeImageOk(primary, format);
  const flag = new RamFlag();
  flag.set();
  const operations = new OperationCounter();
  chip.observer = operations;
  const log: string[] = [];
  const consume = (): void => {
    consumeConfirmation(flag, primary, format, (line) => log.push(line));
  };
  return { primary, flag, operations, log, consume };
}

const isSet = (flag: RamFlag): boolean => flag.read().every((byte, i) => byte === confirmationPattern[i]);

describe('confirmation through RAM', () => {
  it('where and what → ST’s four words at 0x30007FA0', () => {
    expect(confirmationFlagAddress).toBe(0x30007fa0);
    const words = new Uint32Array(confirmationPattern.slice().buffer);
    expect([...words]).toEqual([0x001fbbb7, 0x00236445, 0x0023a889, 0x0023d111]);
  });

  it('a swap completed and not confirmed → image_ok written by one operation, the flag forgotten', () => {
    const { primary, flag, operations, consume } = prepared({ magic: 'good', copyDone: true });
    consume();
    expect([readTrailer(primary, format).imageOk, operations.count, isSet(flag)]).toEqual(['set', 1, false]);
  });

  it.each([
    ['already confirmed', { magic: 'good', copyDone: true, imageOk: true }],
    ['no trailer: an image put there by hand', {}],
  ] as const)('%s → nothing written, the flag forgotten', (_title, trailer) => {
    const { flag, operations, log, consume } = prepared(trailer);
    consume();
    expect([operations.count, isSet(flag), log]).toEqual([0, false, []]);
  });

  it.each([
    ['no copy_done', { magic: 'good' }, 'no copy_done'],
    ['a bad magic', { magic: 'bad', copyDone: true }, 'a bad magic'],
  ] as const)('%s → Error_Handler with its line, and the flag stays for the next boot', (_title, trailer, why) => {
    const { flag, operations, log, consume } = prepared(trailer);
    expect(consume).toThrow(why);
    expect([operations.count, isSet(flag), log]).toEqual([0, true, ['[ERR] Confirm Flag Not Correctly Written']]);
  });

  it('a flag with one wrong bit → no confirmation, and forgotten', () => {
    const { primary, flag, consume } = prepared({ magic: 'good', copyDone: true });
    const bytes = flag.read();
    bytes[15] = 1;
    consumeConfirmation({ read: () => bytes, clear: () => bytes.fill(0) }, primary, format, () => undefined);
    expect([readTrailer(primary, format).imageOk, bytes.some((byte) => byte !== 0)]).toEqual(['unset', false]);
    consume();
    expect(readTrailer(primary, format).imageOk).toBe('set');
  });
});
