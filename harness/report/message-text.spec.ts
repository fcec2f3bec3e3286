import { describe, expect, it } from '@jest/globals';
import { brief, faultKey, gist } from './message-text.js';

const matcher = `expect(console).toPrint(/x/)

Expected  a line like /x/ within 5000 ms
Found     2 other lines

The console said:
  [   1.000] one
  [   2.000] two

Likely causes:
  · first
  · second
at a.hil.ts:1:2`;

describe('messages in short', () => {
  it("a matcher's message → the call and what was found on one line; the causes instead of the console in a few", () => {
    expect(gist(matcher)).toBe('expect(console).toPrint(/x/): found 2 other lines');
    expect(brief(matcher, 4)).toEqual({ lines: ['expect(console).toPrint(/x/)', 'Expected  a line like /x/ within 5000 ms', 'Found     2 other lines', '  · first'], left: 5 });
    expect(brief(matcher, 9).lines.slice(3)).toEqual(['  · first', '  · second', 'at a.hil.ts:1:2']);
    expect(brief(matcher, 9).left).toBe(3);
  });

  it('another message → its first lines as they stand', () => {
    expect(gist('Expected: 1\nReceived: 2')).toBe('Expected: 1');
    expect(brief('a\n\nb\nc', 2)).toEqual({ lines: ['a', 'b'], left: 1 });
    expect(brief('', 2)).toEqual({ lines: [], left: 0 });
  });

  it('a test that met a fault of the bench, and those not run for it → one fault; another fault → another', () => {
    expect(faultKey('not run: port gone\nnext: plug it in')).toBe(faultKey('port gone\nnext: plug it in\nat a.hil.ts:20:1'));
    expect(faultKey('not run: port gone\nnext: x')).not.toBe(faultKey('port gone\nnext: y'));
  });
});
