import { setTimeout as sleep } from 'node:timers/promises';

/** Lines that are shown of a start. */
const limit = 60;

/** What the board prints after a reset, until it has been quiet for a while; five seconds at most. */
export async function seeBoot(console: { cut(): number; since(mark: number): readonly { readonly text: string }[] }, reset: () => Promise<void>): Promise<string[]> {
  await sleep(250);
  const from = console.cut();
  await reset();
  let seen = -1;
  for (let left = 20; left > 0; left--) {
    await sleep(250);
    const { length } = console.since(from);
    if (length > 0 && length === seen) break;
    seen = length;
  }
  return console.since(from).slice(0, limit).map(({ text }) => text);
}
