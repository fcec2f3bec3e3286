import { describe, expect, it } from '@jest/globals';
import { InternalFlash } from './internal-flash.js';

const flash = (...protectedSectors: number[]): InternalFlash => new InternalFlash(0x08000000, 0x10000, 0x2000, (sector) => protectedSectors.includes(sector));
const refusal = (code: string) => expect.objectContaining({ code });

describe('internal flash', () => {
  it('as delivered → empty; a vector table written → not empty; erased → empty again', () => {
    const chip = flash();
    expect(chip.isEmpty).toBe(true);
    chip.program(0x08000000, Uint8Array.of(0, 0, 1, 0x20, 1, 2, 0, 8));
    expect(chip.isEmpty).toBe(false);
    chip.erase([0]);
    expect(chip.isEmpty).toBe(true);
  });

  it('a protected sector → neither erased nor programmed, nor its unprotected neighbours in the same call', () => {
    const chip = flash(1);
    chip.program(0x08000000, Uint8Array.of(1));
    expect(() => chip.erase([0, 1])).toThrow(refusal('write-protected'));
    expect(chip.bytes[0]).toBe(1);
    expect(() => chip.program(0x08001fff, Uint8Array.of(2, 2))).toThrow(refusal('write-protected'));
    expect(chip.bytes[0x1fff]).toBe(0xff);
    chip.erase([0]);
    chip.program(0x08001ffe, Uint8Array.of(2, 2));
    expect([...chip.bytes.subarray(0x1ffe, 0x2001)]).toEqual([2, 2, 0xff]);
  });

  it('programmed twice without an erase between → refused', () => {
    const chip = flash();
    chip.program(0x08000010, Uint8Array.of(0xf0));
    expect(() => chip.program(0x08000010, Uint8Array.of(0x00))).toThrow(refusal('not-erased'));
    chip.erase([0]);
    chip.program(0x08000010, Uint8Array.of(0x00));
    expect(chip.bytes[0x10]).toBe(0);
  });

  it('an address or a sector outside → refused; the last ones inside → taken', () => {
    const chip = flash();
    expect(() => chip.program(0x0800ffff, Uint8Array.of(1, 1))).toThrow(refusal('bad-address'));
    chip.program(0x0800ffff, Uint8Array.of(1));
    expect(() => chip.erase([8])).toThrow(refusal('bad-address'));
    chip.erase([7]);
    expect(chip.bytes[0xffff]).toBe(0xff);
  });
});
