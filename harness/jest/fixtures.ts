import type { BoardSession } from '../session/index.js';
import { HarnessError } from '../errors/index.js';
import { skippedTest } from './verdict.js';

/** Where the environment leaves the session for the modules of a test file. */
export const fixtureKey = Symbol.for('rot-hil.fixtures');

function session(): BoardSession {
  const fixture = (globalThis as { [fixtureKey]?: () => BoardSession })[fixtureKey];
  if (fixture) return fixture();
  throw new HarnessError({
    code: 'not-in-a-run',
    kind: 'usage',
    message: '`board` was used outside of a board suite',
    nextStep: 'put it into a *.hil.ts file and start that with `rot-hil run <file>`',
  });
}

/**
 * The board of this run, open and provisioned as far as the suites before have left it. Each use throws a bench error
 * once the bench has failed: nothing more is then known about the firmware.
 */
export const board: BoardSession = new Proxy({} as BoardSession, {
  get(_target, property) {
    const held = session();
    const value: unknown = Reflect.get(held, property, held);
    // Methods keep their own `this`: the session has private fields.
    return typeof value === 'function' ? (value as (...args: unknown[]) => unknown).bind(held) : value;
  },
  has: (_target, property) => Reflect.has(session(), property),
});

/** Ends the test as skipped, with the reason in the report: for a board that lacks what the test needs. Never returns. */
export function skip(reason: string): never {
  const error = new Error(reason);
  error.name = skippedTest;
  throw error;
}
