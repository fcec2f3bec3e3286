/** The public entry of rot-hil: what suites and scripts may use. */
export { HarnessError } from './errors/index.js';
