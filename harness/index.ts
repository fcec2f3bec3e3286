/** The public entry of rot-hil: what suites and scripts may use. */
export { HarnessError } from './errors/index.js';
export { board, running, skip } from './jest/fixtures.js';
export type { Answer, BootReport, FaultReport, SignedApplication, SignRequest } from './session/index.js';
