import type { BoardSession } from '../session/index.js';
import { HarnessError } from '../errors/index.js';
import { skippedTest } from './verdict.js';

/** Where the environment leaves the session for the modules of a test file. */
export const fixtureKey = Symbol.for('rot-hil.fixtures');

/** What the environment gives to the modules of a test file. */
export interface Fixture {
  /** Throws once the bench has failed. */
  session(): BoardSession;
  /** Kept from suite to suite. */
  readonly notes: Map<string, string>;
}

function fixture(): Fixture {
  const found = (globalThis as { [fixtureKey]?: Fixture })[fixtureKey];
  if (found) return found;
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
    const held = fixture().session();
    const value: unknown = Reflect.get(held, property, held);
    // Methods keep their own `this`: the session has private fields.
    return typeof value === 'function' ? (value as (...args: unknown[]) => unknown).bind(held) : value;
  },
  has: (_target, property) => Reflect.has(fixture().session(), property),
});

/** Ends the test as skipped, with the reason in the report: for a board that lacks what the test needs. Never returns. */
export function skip(reason: string): never {
  const error = new Error(reason);
  error.name = skippedTest;
  throw error;
}

/**
 * Makes sure that the application under test runs as after its first installation, whatever the suites before did: the board
 * is provisioned anew unless it is known to be as this function left it. In swap mode the application has confirmed itself.
 * @param options changes: the suite installs images of its own, so that the next suite cannot rely on what is stored
 * Throws bench errors, and a HarnessError of kind `subject` where the board starts something else.
 */
export async function running(options: { readonly changes?: boolean } = {}): Promise<void> {
  const { application } = board.applications;
  const { notes } = fixture();
  const wanted = `${application.path} ${application.version}`;
  const known = notes.get(provisioned) === wanted && (await board.app.identify()).version === application.version;
  notes.delete(provisioned);
  if (!known) {
    await board.provision({ image: board.signApplication(application.path, { version: application.version }) });
    const { banner } = await board.boot();
    if (banner?.['version'] !== application.version) {
      throw new HarnessError({
        code: 'unexpected-application',
        kind: 'subject',
        message: `after provisioning, version ${banner?.['version'] ?? 'unknown'} started instead of ${application.version}`,
        nextStep: 'give the version of the application that --app names with --app-version',
      });
    }
    if (board.configuration.mode === 'swap') await confirmed();
  }
  if (!options.changes) notes.set(provisioned, wanted);
}

const provisioned = 'provisioned';

/** A first installation counts as a test until the application confirms it: each boot would look for an image to go back to. */
async function confirmed(): Promise<void> {
  await board.app.confirm();
  const from = board.mark();
  await board.app.reset();
  await board.boot({ reset: false, from });
}
