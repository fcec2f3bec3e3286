/** The public entry of rot-hil: what suites and scripts may use. */
export { HarnessError } from './errors/index.js';
export { board, skip } from './jest/fixtures.js';
