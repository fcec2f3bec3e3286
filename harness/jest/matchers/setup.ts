/** Jest's setupFilesAfterEnv: gives `expect` the matchers of the board. */
import { expect } from '@jest/globals';
import { matchWith } from '../fixtures.js';
import type { MatcherName, MatcherResult } from './options.js';

const names: readonly MatcherName[] = ['toBoot', 'toBeRejected', 'toFault', 'toPrint'];

expect.extend(
  Object.fromEntries(
    names.map((name) => [
      name,
      function (this: { readonly isNot?: boolean }, received: unknown, ...args: readonly unknown[]): Promise<MatcherResult> {
        return matchWith(name, received, args, this.isNot === true);
      },
    ]),
  ),
);
