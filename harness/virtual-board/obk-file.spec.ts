import { describe, expect, it } from '@jest/globals';
import { parseObkFile } from './obk-file.js';

/** Destination, payload size, encryption flag, then the payload. */
function file(destination: number, size: number, encryption: number, payload: number): Buffer {
  const bytes = Buffer.alloc(12 + payload, 0x5a);
  bytes.writeUInt32LE(destination, 0);
  bytes.writeUInt32LE(size, 4);
  bytes.writeUInt32LE(encryption, 8);
  return bytes;
}

describe('an OBKey file', () => {
  it('of 0xe0 bytes for HDPL1 index 8 → its parts', () => {
    const parsed = parseObkFile(file(0x108, 0xe0, 1, 0xe0));
    expect(parsed).toMatchObject({ hdpl: 1, index: 8, encrypted: true });
    expect(parsed.payload).toHaveLength(0xe0);
  });

  it.each([
    ['an empty file', Buffer.alloc(0), 'obk-size'],
    ['a cut header', Buffer.alloc(11), 'obk-size'],
    ['no payload', file(0x108, 0, 0, 0), 'obk-size'],
    ['one byte missing', file(0x108, 0xe0, 0, 0xdf), 'obk-size'],
    ['one byte too many', file(0x108, 0xe0, 0, 0xe1), 'obk-size'],
    ['no whole slot', file(0x108, 0xdf, 0, 0xdf), 'obk-size'],
    ['an unknown flag', file(0x108, 0xe0, 2, 0xe0), 'obk-format'],
  ])('%s → refused', (_what, bytes, code) => {
    expect(() => parseObkFile(bytes)).toThrow(expect.objectContaining({ code }));
  });
});
