import type { ToBeRejectedOptions, ToBootOptions, ToFaultOptions, ToPrintOptions } from './options.js';

/** The matchers that rot-hil adds to `expect`. Each works on the board, so each is awaited. */
export interface BoardMatchersOf<Result> {
  /**
   * `expect(board)`: reset, and an application starts. `expect(image)`: the board is provisioned with the image (or gets it as an
   * update: `asUpdate`), reset, and it starts.
   */
  toBoot(options?: ToBootOptions): Promise<Result>;
  /**
   * `expect(image)`: the root of trust refuses it, at this stage, by its own log and by the software verifier, and the application under
   * test, installed first as the accepted twin, starts again.
   */
  toBeRejected(options: ToBeRejectedOptions): Promise<Result>;
  /** `expect(() => …)`: what the function does to the board makes the application fault. A fault report is taken as well. */
  toFault(options?: ToFaultOptions): Promise<Result>;
  /** `expect(console)`: a line that matches comes, or has come since the last line that matched, the last reset or the start of the test. */
  toPrint(pattern: RegExp | string, options?: ToPrintOptions): Promise<Result>;
}

// `expect` of @jest/globals.
declare module 'expect' {
  // eslint-disable-next-line @typescript-eslint/no-unused-vars, @typescript-eslint/no-empty-object-type -- as the interface that is extended
  interface Matchers<R extends void | Promise<void>, T = unknown> extends BoardMatchersOf<void> {}
}

// The global `expect` of @types/jest.
declare global {
  // eslint-disable-next-line @typescript-eslint/no-namespace -- as @types/jest has it
  namespace jest {
    // eslint-disable-next-line @typescript-eslint/no-unused-vars, @typescript-eslint/no-empty-object-type -- see above
    interface Matchers<R, T = {}> extends BoardMatchersOf<void> {}
  }
}
