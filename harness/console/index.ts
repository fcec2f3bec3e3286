export { Console, openConsole } from './console.js';
export type { ConsoleGap, ConsoleMark, LinePattern, OpenConsoleOptions, WaitOptions } from './console.js';
export type { ConsoleLine } from './line-log.js';
export { boardTimeOf } from './board-time.js';
export type { BoardTime } from './board-time.js';
export { interact } from './interactive.js';
export type { InteractiveOptions, Keyboard } from './interactive.js';
