import { describe, expect, it } from '@jest/globals';
import { headBytes, headText, parseHead, parseStamp, stampAt, stampBytes, stampPlaces, stampText } from './board-time-file.js';

describe('the file of a board’s time', () => {
  it.each([
    [{ ms: 0, since: 0, until: 0, taken: 0 }],
    [{ ms: 1234.5, since: 987654321.125, until: 5000, taken: 12 }],
    [{ ms: 999_999_999_999.999, since: 999_999_999_999.999, until: 999_999_999_999.999, taken: 999_999_999_999_999 }],
  ])('head %j → of its length, read as it was written', (head) => {
    const text = headText(head);
    expect(text).toHaveLength(headBytes);
    expect(parseHead(text)).toEqual(head);
  });

  it.each([
    [{ number: 1, ms: 0, crc: 0 }],
    [{ number: 999_999_999_999, ms: 9_999_999_999.999, crc: 0xffffffff }],
  ])('stamp %j → of its length, read as it was written', (stamp) => {
    const text = stampText(stamp);
    expect(text).toHaveLength(stampBytes);
    expect(parseStamp(text)).toEqual(stamp);
  });

  it.each(['', 'x'.repeat(60), '1.000 2.000', '-1.000 0.000 0.000 0', '1e9 0 0 0', '1.000 0.000 0.000 -1', '\0'.repeat(60)])('head %j → none', (text) => expect(parseHead(text)).toBeUndefined());
  it.each(['', '0 1.000 1\n', '1 1.000 1', '1 1 1\n', 'NaN 1.000 1\n'])('stamp %j → none', (text) => expect(parseStamp(text)).toBeUndefined());

  it('the newest stamps → each at a place of its own behind the head; the next one takes the place of the oldest', () => {
    const at = Array.from({ length: stampPlaces }, (_, i) => stampAt(i + 1));
    expect(new Set(at).size).toBe(stampPlaces);
    expect(Math.min(...at)).toBe(headBytes);
    expect(Math.max(...at)).toBe(headBytes + (stampPlaces - 1) * stampBytes);
    expect(stampAt(stampPlaces + 1)).toBe(at[0]);
  });
});
