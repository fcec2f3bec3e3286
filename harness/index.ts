/** The public entry of rot-hil: what suites and scripts may use. */
export { HarnessError } from './errors/index.js';
export { attach, board, console, image, running, skip } from './jest/fixtures.js';
export type { ImageRequest } from './jest/fixtures.js';
export type { BoardConsole, WaitForLineOptions } from './jest/matchers/board-console.js';
export type { FaultKind, RejectionStage, ToBeRejectedOptions, ToBootOptions, ToFaultOptions, ToPrintOptions } from './jest/matchers/options.js';
export type { BoardMatchersOf } from './jest/matchers/types.js';
export type { Answer, BootReport, FaultReport, SignedApplication, SignRequest } from './session/index.js';
