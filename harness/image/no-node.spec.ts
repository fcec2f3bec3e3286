import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';

const sources = ['../image/', '../keys/'].flatMap((room) => {
  const folder = new URL(room, import.meta.url);
  return readdirSync(folder)
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.spec.ts'))
    .map((name) => ({ name: `${room.slice(3)}${name}`, text: readFileSync(new URL(name, folder), 'utf8') }));
});
/** The one file that knows Node; it asks for node:crypto at run time. */
const nativeEngine = 'image/engine-native.ts';

describe('image/ and keys/ for a browser', () => {
  it('the rooms -> have sources', () => {
    expect(sources.length).toBeGreaterThan(25);
  });

  it.each(sources)('$name -> imports nothing of Node', ({ text }) => {
    expect(text.match(/^import (?!type ).*from 'node:/gm)).toBeNull();
  });

  it.each(sources.filter(({ name }) => name !== nativeEngine))("$name -> uses nothing of Node's globals", ({ text }) => {
    expect(text.match(/\b(Buffer|process|require|__dirname)\b[.(]/g)).toBeNull();
  });
});
