import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decodeSignature, encodeSignature } from './index.js';

const r = Uint8Array.from({ length: 32 }, (_, i) => 0x81 + i);
const s = Uint8Array.from({ length: 32 }, (_, i) => 0x01 + i);
const both = Uint8Array.from([...r, ...s]);
const integer = (bytes: readonly number[]): number[] => [2, bytes.length, ...bytes];
const sequence = (...parts: readonly (readonly number[])[]): Uint8Array => Uint8Array.from([0x30, parts.flat().length, ...parts.flat()]);
const strict = sequence(integer([0, ...r]), integer([...s]));

describe("signature DER, read as ST's boot reads it", () => {
  it.each([
    ['minimal DER', strict],
    ['bytes behind the sequence', Uint8Array.from([...strict, 1, 2, 3])],
    ['33 bytes whose first is not zero', sequence(integer([0x55, ...r]), integer([...s]))],
    ['40 bytes of which the last 32 count', sequence(integer([...new Array<number>(8).fill(9), ...r]), integer([...s]))],
    ['a negative r without its zero', sequence(integer([...r]), integer([...s]))],
    ['a sequence that says it is shorter than its integers', strict.map((byte, i) => (i === 1 ? 3 : byte))],
    ['lengths in two bytes', Uint8Array.from([0x30, 0x82, 0, 69, 2, 0x81, 33, 0, ...r, 2, 32, ...s])],
  ])('%s -> r and s', (_what, der) => {
    expect(decodeSignature(der)).toEqual(both);
  });

  it('integers shorter than 32 bytes -> filled with zeros in front', () => {
    expect(decodeSignature(sequence(integer([7]), integer([])))).toEqual(Uint8Array.of(...new Uint8Array(31), 7, ...new Uint8Array(32)));
  });

  it.each([
    ['empty', Uint8Array.of()],
    ['another tag than SEQUENCE', strict.map((byte, i) => (i === 0 ? 0x31 : byte))],
    ['a sequence longer than the rest', strict.map((byte, i) => (i === 1 ? byte + 1 : byte))],
    ['r that is no INTEGER', strict.map((byte, i) => (i === 2 ? 3 : byte))],
    ['s that is no INTEGER', strict.map((byte, i) => (i === 37 ? 3 : byte))],
    ['s longer than the rest', strict.map((byte, i) => (i === 38 ? 33 : byte))],
    ['an indefinite length', strict.map((byte, i) => (i === 1 ? 0x80 : byte))],
    ['a length of five bytes', Uint8Array.of(0x30, 0x85, 0, 0, 0, 0, 0, 2, 0, 2, 0)],
  ])('%s -> refused', (_what, der) => {
    expect(decodeSignature(der)).toBeUndefined();
  });

  it('any r and s -> encoded in at most 72 bytes and read back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 64, maxLength: 64 }), (signature) => {
        const der = encodeSignature(signature);
        expect(der.length).toBeLessThanOrEqual(72);
        expect(decodeSignature(der)).toEqual(signature);
      }),
      { numRuns: 200 },
    );
  });

  it('any bytes -> 64 bytes or refused, never an exception', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        expect([undefined, 64]).toContain(decodeSignature(Uint8Array.of(0x30, ...bytes))?.length);
      }),
      { numRuns: 300 },
    );
  });
});
