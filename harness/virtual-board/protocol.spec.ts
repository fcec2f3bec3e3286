import { describe, expect, it } from '@jest/globals';
import { decodeRequest, LineSplitter, maximumLineBytes, Refusal } from './protocol.js';

describe('a request line', () => {
  it('with id, operation and parameters → the request', () => {
    expect(decodeRequest('{"id":7,"operation":"read","parameters":{"address":1,"size":2}}')).toEqual({ id: 7, operation: 'read', parameters: { address: 1, size: 2 } });
  });

  it.each([
    ['text', 'not JSON'],
    ['null', 'no id'],
    ['{"operation":"hello","parameters":{}}', 'no id'],
    ['{"id":1,"operation":"hasOwnProperty","parameters":{}}', 'no known operation'],
    ['{"id":1,"operation":"fly","parameters":{}}', 'no known operation'],
    ['{"id":1,"operation":"hello"}', 'no parameters'],
    ['{"id":1,"operation":"hello","parameters":null}', 'no parameters'],
  ])('%j → refused: %s', (line, why) => {
    expect(() => decodeRequest(line)).toThrow(Refusal);
    expect(() => decodeRequest(line)).toThrow(why);
  });
});

describe('LineSplitter', () => {
  const collect = (): { lines: string[]; splitter: LineSplitter } => {
    const lines: string[] = [];
    return { lines, splitter: new LineSplitter((line) => lines.push(line)) };
  };

  it('is given a line in pieces, cut inside a UTF-8 character → the whole line', () => {
    const { lines, splitter } = collect();
    const bytes = Buffer.from('aé\nb\n\nc');
    for (const byte of bytes) expect(splitter.push(Buffer.of(byte))).toBe(true);
    expect(lines).toEqual(['aé', 'b']);
  });

  it('is given a line of exactly the limit → taken; of one byte more → refused and forgotten', () => {
    const { lines, splitter } = collect();
    expect(splitter.push(Buffer.concat([Buffer.alloc(maximumLineBytes, 97), Buffer.from('\n')]))).toBe(true);
    expect(lines.map((line) => line.length)).toEqual([maximumLineBytes]);
    expect(splitter.push(Buffer.alloc(maximumLineBytes, 97))).toBe(true);
    expect(splitter.push(Buffer.from('a'))).toBe(false);
    expect(splitter.push(Buffer.from('ok\n'))).toBe(true);
    expect(lines.at(-1)).toBe('ok');
  });
});
