/** Thrown where the root of trust calls its Error_Handler or fails an assertion: it does not go on from there. */
export class ErrorHandlerReached extends Error {
  /** @param why what was found, in one sentence without keys */
  constructor(why: string) {
    super(why);
    this.name = 'ErrorHandlerReached';
  }
}

/** One line of the development-mode log, as it goes out over the console, without its CR LF. */
export type LogLine = (line: string) => void;
