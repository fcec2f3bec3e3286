import { types } from 'node:util';
import type { BoardSession, SignedApplication } from '../../session/index.js';
import { startApplication } from './application-start.js';
import { BoardConsole } from './board-console.js';
import { misuse, optionsOf } from './check-options.js';
import type { MatcherName, MatcherResult, ToBeRejectedOptions, ToBootOptions, ToFaultOptions, ToPrintOptions } from './options.js';
import { toBeRejected, type Twin } from './to-be-rejected.js';
import { toBoot } from './to-boot.js';
import { toFault } from './to-fault.js';
import { toPrint } from './to-print.js';

/** What `expect` was given: `board` and `console` are told apart by the fixtures, which are proxies. */
export type Subject = { readonly is: 'board' | 'console' } | { readonly is: 'other'; readonly value: unknown };

/** The matchers of one board, and what they know of it from test to test. They live outside of the test files' contexts, as the session does. */
export class BoardMatchers {
  readonly console: BoardConsole;
  /** What the tool has written so far, by the count of its writing calls, when the twin was known to be on the board. */
  #twinAt: number | undefined;
  /** `toBoot` and `toBeRejected` have the board for themselves: the one that is at work, and since which test. */
  #busy: { readonly name: MatcherName; readonly test: number } | undefined;
  #test = 0;
  /** Where the last two tests began on the console. */
  #began: readonly [number, number] = [0, 0];

  /** @param writes how many calls of the tool have changed the board so far */
  constructor(
    private readonly session: BoardSession,
    private readonly writes: () => number,
  ) {
    this.console = new BoardConsole(session);
  }

  /** A new test reads what comes from now on. */
  testBegan(): void {
    this.#test++;
    this.#began = [this.#began[1], this.session.mark()];
    this.console.testBegan();
  }

  async match(name: MatcherName, subject: Subject, args: readonly unknown[], isNot: boolean): Promise<MatcherResult> {
    if (this.#busy !== undefined) {
      const { name: other, test } = this.#busy;
      throw misuse(`${name} was asked while ${other}${test === this.#test ? '' : ' of an earlier test'} was still at work on the board`, `await it: write \`await expect(…).${other}(…)\``);
    }
    if (name !== 'toBoot' && name !== 'toBeRejected') return this.#ask(name, subject, args, isNot);
    this.#busy = { name, test: this.#test };
    try {
      return await this.#ask(name, subject, args, isNot);
    } finally {
      this.#busy = undefined;
    }
  }

  async #ask(name: MatcherName, subject: Subject, args: readonly unknown[], isNot: boolean): Promise<MatcherResult> {
    const { session } = this;
    switch (name) {
      case 'toBoot':
        return toBoot(session, this.console, subject.is === 'board' ? undefined : imageOf(name, subject), optionsOf<ToBootOptions>(name, args[0]), isNot);
      case 'toBeRejected': {
        const options = optionsOf<Partial<ToBeRejectedOptions>>(name, args[0]);
        if (!hasStage(options)) throw misuse('toBeRejected wants the stage: a rejection has a reason', "write toBeRejected({ stage: 'signature' })");
        const result = await toBeRejected(session, this.console, imageOf(name, subject), this.#twin(), options, isNot);
        if (result.pass) this.#twinAt = this.writes();
        return result;
      }
      case 'toFault':
        if (subject.is !== 'other') throw misuse(`toFault cannot be asked of ${subject.is}`, 'write expect(() => console.send(…)).toFault(…), or give it a fault report');
        if (typeof (subject.value as { then?: unknown } | null | undefined)?.then === 'function') throw misuse('toFault was given a promise: what it stands for had begun before toFault could listen', 'write expect(() => console.send(…)).toFault(…)');
        return toFault(session, this.console, subject.value, optionsOf<ToFaultOptions>(name, args[0]), isNot);
      case 'toPrint':
        if (subject.is !== 'console') throw misuse('toPrint is asked of the console', "write expect(console).toPrint(…), with `console` imported from 'rot-hil'");
        if (typeof args[0] !== 'string' && !types.isRegExp(args[0])) throw misuse(`toPrint wants a text or a RegExp, not ${String(args[0]).slice(0, 80)}`, 'write expect(console).toPrint(/^ready/)');
        return toPrint(session, this.console, args[0], optionsOf<ToPrintOptions>(name, args[1]), isNot, this.#began[0]);
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

function hasStage(options: Partial<ToBeRejectedOptions>): options is ToBeRejectedOptions {
  return options.stage !== undefined;
}
