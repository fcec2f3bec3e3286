import { crc32 } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { Crc } from './crc.js';

const DR = 0x00;
const CR = 0x08;
const INIT = 0x10;
const POL = 0x14;
const text = Buffer.from('123456789');

function feed(crc: Crc, bytes: Uint8Array = text): void {
  for (const byte of bytes) crc.write(DR, byte, 1);
}

describe('CRC', () => {
  it('input and output reversed, bytes → the CRC-32 of zlib, inverted', () => {
    const crc = new Crc();
    crc.write(CR, (1 << 5) | (1 << 7) | 1, 4);
    feed(crc);
    expect((~crc.read(DR, 4)) >>> 0).toBe(crc32(text));
  });

  // Check values of the CRC catalogue (G. Cook, "Catalogue of parametrised CRC algorithms").
  it.each([
    ['CRC-32/MPEG-2', 0, 0x04c11db7, 0xffffffff, 0x0376e6e7],
    ['CRC-16/IBM-3740', 1, 0x1021, 0xffff, 0x29b1],
    ['CRC-8/SMBUS', 2, 0x07, 0, 0xf4],
    ['CRC-7/MMC', 3, 0x09, 0, 0x75],
  ])('%s → its check value', (_name, size, polynomial, init, check) => {
    const crc = new Crc();
    crc.write(POL, polynomial, 4);
    crc.write(INIT, init, 4);
    crc.write(CR, (size << 3) | 1, 4);
    feed(crc);
    expect(crc.read(DR, 4)).toBe(check);
  });

  it('a word → the same as its four bytes, highest first; reset by CR → INIT again', () => {
    const words = new Crc();
    words.write(DR, 0x31323334, 4);
    const bytes = new Crc();
    feed(bytes, text.subarray(0, 4));
    expect(words.read(DR, 4)).toBe(bytes.read(DR, 4));
    words.write(CR, 1, 4);
    expect([words.read(DR, 4), words.read(CR, 4)]).toEqual([0xffffffff, 0]);
  });
});
