/** The tool gives up: its `Error:` lines, and exit status 1. */
export class ToolError extends Error {
  readonly lines: readonly string[];

  /** @param lines each without its `Error: ` */
  constructor(...lines: readonly [string, ...string[]]) {
    super(lines[0]);
    this.name = 'ToolError';
    this.lines = lines;
  }
}
