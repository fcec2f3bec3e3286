export { Console, openConsole } from './console.js';
export type { ConsoleMark, LinePattern, OpenConsoleOptions, WaitOptions } from './console.js';
export type { ConsoleLine } from './line-log.js';
