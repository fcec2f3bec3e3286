import { readFileSync } from 'node:fs';
import type { BoardSession, SignedApplication, SignRequest } from '../session/index.js';
import { HarnessError } from '../errors/index.js';
import { speaksProtocol } from '../session/fixture-line.js';
import type { BoardConsole } from './matchers/board-console.js';
import type { BoardMatchers } from './matchers/board-matchers.js';
import { misuse, onlyOptions } from './matchers/check-options.js';
import type { MatcherName, MatcherResult } from './matchers/options.js';
import { skippedTest } from './verdict.js';

/** Where the environment leaves the session for the modules of a test file. */
export const fixtureKey = Symbol.for('rot-hil.fixtures');

/** What the environment gives to the modules of a test file. */
export interface Fixture {
  /** Throws once the bench has failed. */
  session(): BoardSession;
  matchers(): BoardMatchers;
  /** Keeps a file beside the record. @returns its path below the run's folder */
  attach(name: string, content: string | Uint8Array, mediaType: string | undefined): string;
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
export const board: BoardSession = standIn(() => fixture().session());

/** The console of the board, line after line: see `BoardConsole`. */
export const console: BoardConsole = standIn(() => fixture().matchers().console);

/** An object that is made later, when a test runs. */
function standIn<T extends object>(held: () => T): T {
  return new Proxy({} as T, {
    get(_target, property) {
      const object = held();
      const value: unknown = Reflect.get(object, property, object);
      // Methods keep their own `this`: the objects have private fields.
      return typeof value === 'function' ? (value as (...args: unknown[]) => unknown).bind(object) : value;
    },
    has: (_target, property) => Reflect.has(held(), property),
  });
}

/** How an image differs from the one that the board's root of trust wants. */
export interface ImageRequest extends Partial<SignRequest> {
  /** ELF file, or .bin that starts at the run address; default: the application under test (`--app`). */
  readonly app?: string;
  /** Sign with the key, or encrypt for the key, of somebody else. */
  readonly signedBy?: 'stranger';
  readonly encryptedFor?: 'stranger';
  /** Changes bytes of the finished image: a transmission error, an attack. */
  readonly tamper?: (bytes: Uint8Array) => unknown;
}

const requestNames: Readonly<Record<keyof ImageRequest, true>> = { app: true, signedBy: true, encryptedFor: true, tamper: true, version: true, securityCounter: true, signKey: true, encryptionKey: true, pad: true, confirm: true, magic: true };

/**
 * The application under test, signed and encrypted for this board; with the wanted deviations. Default version: that of the run (`--app-version`).
 * Throws usage errors of the file and of the options.
 */
export function image(request: ImageRequest = {}): SignedApplication {
  onlyOptions('image', request, Object.keys(requestNames));
  const session = fixture().session();
  const { application } = session.applications;
  const { app, signedBy, encryptedFor, tamper, ...sign } = request;
  const signed = session.signApplication(app ?? application.path, {
    version: application.version,
    ...(signedBy === 'stranger' ? { signKey: session.strangerKeys.authentication.privateKey } : {}),
    ...(encryptedFor === 'stranger' ? { encryptionKey: session.strangerKeys.encryption.publicKey } : {}),
    ...sign,
  });
  return tamper === undefined ? signed : session.altered(signed, tamper);
}

/**
 * Keeps a file for the reader of the report, with its size and hash in the record: a memory dump, a trace.
 * @param mediaType default text/plain for text, application/octet-stream for bytes
 * @returns the path below the run's folder
 */
export function attach(name: string, content: string | Uint8Array, mediaType?: string): string {
  return fixture().attach(name, content, mediaType);
}

/** Asks a matcher of the board; `expect` was given `received`. */
export function matchWith(name: MatcherName, received: unknown, args: readonly unknown[], isNot: boolean): Promise<MatcherResult> {
  const { matchers } = fixture();
  if (received === board) return matchers().match(name, { is: 'board' }, args, isNot);
  if (received === console) return matchers().match(name, { is: 'console' }, args, isNot);
  return matchers().match(name, { is: 'other', value: received }, args, isNot);
}

/** Ends the test as skipped, with the reason in the report: for a board that lacks what the test needs. Never returns. Throws a usage error without a reason. */
export function skip(reason: string): never {
  if (typeof reason !== 'string' || reason.trim() === '') throw misuse('skip wants the reason, which the report tells', "write skip('no sensor on this bench')");
  const error = new Error(reason);
  error.name = skippedTest;
  throw error;
}

/**
 * Makes sure that the application under test runs as after its first installation, whatever the suites before did: the board
 * is provisioned anew unless it is known to be as this function left it. In swap mode the application has confirmed itself.
 * @param options changes: the suite installs images of its own, so that the next suite cannot rely on what is stored;
 *   fresh: the suite looks at what a boot leaves, so that a board left by another suite is started once more
 * For the firmware fixture, and applications that speak its protocol (firmware-fixtures/PROTOCOL.md): another application is started by
 * `expect(image()).toBoot()`. Throws bench errors, a usage error for another application, and a HarnessError of kind `subject` where the board starts something else.
 */
export async function running(options: { readonly changes?: boolean; readonly fresh?: boolean } = {}): Promise<void> {
  const { application } = board.applications;
  if (!speaksProtocol(readFileSync(application.path))) {
    throw new HarnessError({
      code: 'no-fixture',
      kind: 'usage',
      message: `${application.path} does not speak the protocol of the firmware fixture, which the shipped suites and running() talk`,
      nextStep: 'write suites of your own with `await expect(image()).toBoot({ banner: … })`, or leave --app out',
    });
  }
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
  } else if (options.fresh === true) await board.boot();
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
