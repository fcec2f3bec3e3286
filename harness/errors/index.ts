export { HarnessError, asHarnessError, isHarnessError } from './harness-error.js';
export type { ErrorFields, ErrorKind, HarnessErrorInit } from './harness-error.js';
export { ExitCode, exitCodeOf } from './exit-codes.js';
