import { setTimeout as sleep } from 'node:timers/promises';

/** Lines that are shown of a start. */
const limit = 60;
const pollMs = 50;
/** A board that says nothing at all is left alone after this, one that goes on talking after the second. */
const silentMs = 5000;
const longestMs = 20_000;
/** So long between two lines: an installation in the middle of a boot takes its time. */
const quietMs = 1200;
/** The fixture says nothing behind its banner. */
const banner = /^\$rot-hil fixture=/;

/** What the board prints after a reset, until its banner, or until it has been quiet for a while. */
export async function seeBoot(console: { now(): number; cut(): number; since(mark: number): readonly { readonly text: string; readonly at: number }[] }, reset: () => Promise<void>): Promise<string[]> {
  await sleep(250);
  const from = console.cut();
  await reset();
  const since = console.now();
  for (;;) {
    const last = console.since(from).at(-1);
    const now = console.now();
    if (last === undefined ? now - since > silentMs : banner.test(last.text) || now - Math.max(last.at, since) > quietMs || now - since > longestMs) break;
    await sleep(pollMs);
  }
  return console.since(from).slice(0, limit).map(({ text }) => text);
}
