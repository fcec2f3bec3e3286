export { Console, openConsole } from './console.js';
export type { ConsoleGap, ConsoleMark, LinePattern, OpenConsoleOptions, WaitOptions } from './console.js';
export type { ConsoleLine } from './line-log.js';
export { interact } from './interactive.js';
export type { InteractiveOptions, Keyboard } from './interactive.js';
