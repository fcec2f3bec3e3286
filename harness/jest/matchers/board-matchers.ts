import { HarnessError } from '../../errors/index.js';
import type { BoardSession, SignedApplication } from '../../session/index.js';
import { startApplication } from './application-start.js';
import { BoardConsole } from './board-console.js';
import type { MatcherResult, ToBeRejectedOptions, ToBootOptions, ToFaultOptions, ToPrintOptions } from './options.js';
import { toBeRejected, type Twin } from './to-be-rejected.js';
import { toBoot } from './to-boot.js';
import { toFault } from './to-fault.js';
import { toPrint } from './to-print.js';

export type MatcherName = 'toBoot' | 'toBeRejected' | 'toFault' | 'toPrint';
/** What `expect` was given: `board` and `console` are told apart by the fixtures, which are proxies. */
export type Subject = { readonly is: 'board' | 'console' } | { readonly is: 'other'; readonly value: unknown };

/** The matchers of one board, and what they know of it from test to test. They live outside of the test files' contexts, as the session does. */
export class BoardMatchers {
  readonly console: BoardConsole;
  /** What the tool has written so far, by the count of its writing calls, when the twin was known to be on the board. */
  #twinAt: number | undefined;

  /** @param writes how many calls of the tool have changed the board so far */
  constructor(
    private readonly session: BoardSession,
    private readonly writes: () => number,
  ) {
    this.console = new BoardConsole(session);
  }

  /** A new test reads what comes from now on. */
  testBegan(): void {
    this.console.skip();
  }

  async match(name: MatcherName, subject: Subject, args: readonly unknown[], isNot: boolean): Promise<MatcherResult> {
    const { session } = this;
    switch (name) {
      case 'toBoot':
        return toBoot(session, this.console, subject.is === 'board' ? undefined : imageOf(name, subject), (args[0] ?? {}) as ToBootOptions, isNot);
      case 'toBeRejected': {
        const options = args[0] as ToBeRejectedOptions | undefined;
        if (options?.stage === undefined) throw misuse('toBeRejected wants the stage: a rejection has a reason', "write toBeRejected({ stage: 'signature' })");
        const result = await toBeRejected(session, this.console, imageOf(name, subject), this.#twin(), options, isNot);
        if (result.pass) this.#twinAt = this.writes();
        return result;
      }
      case 'toFault':
        if (subject.is !== 'other') throw misuse(`toFault cannot be asked of ${subject.is}`, 'write expect(() => console.send(…)).toFault(…), or give it a fault report');
        return toFault(session, this.console, subject.value, (args[0] ?? {}) as ToFaultOptions, isNot);
      case 'toPrint':
        if (subject.is !== 'console') throw misuse('toPrint is asked of the console', "write expect(console).toPrint(…), with `console` imported from 'rot-hil'");
        return toPrint(session, this.console, args[0] as RegExp | string, (args[1] ?? {}) as ToPrintOptions, isNot);
    }
  }

  /** The application under test. In swap mode it is signed as confirmed, so that no boot goes back behind it. */
  #twin(): Twin {
    const { session } = this;
    const { application } = session.applications;
    const image = session.signApplication(application.path, { version: application.version, confirm: session.configuration.mode === 'swap' });
    return {
      image,
      install: async (withinMs) => {
        if (this.#twinAt === this.writes()) return;
        await session.provision({ image });
        await startApplication(session, withinMs);
      },
    };
  }
}

function imageOf(name: string, subject: Subject): SignedApplication {
  const value = subject.is === 'other' ? (subject.value as Partial<SignedApplication> | null) : null;
  if (typeof value === 'object' && value !== null && value.bytes !== undefined && value.verdict !== undefined) return value as SignedApplication;
  throw misuse(`${name} wants an image`, `write expect(image()).${name}(…), with \`image\` imported from 'rot-hil'`);
}

function misuse(message: string, nextStep: string): HarnessError {
  return new HarnessError({ code: 'matcher-subject', kind: 'usage', message, nextStep });
}
