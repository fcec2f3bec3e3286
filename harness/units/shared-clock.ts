import process from 'node:process';

/**
 * Milliseconds by a clock that nobody sets and that all processes of this machine share: since some moment before they began. (Node's `performance.now()`
 * counts from the start of each process, the time of day jumps when the machine's clock is set.) Not in index.ts: what image/ and keys/ import from there runs in a browser.
 */
export function sharedClock(): number {
  return Number(process.hrtime.bigint() / 1000n) / 1000;
}
