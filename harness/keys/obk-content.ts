import { HarnessError } from '../errors/index.js';

/** An error about what an OBKey file holds. @param owner the root of trust it is for */
export function obkContentError(owner: string, code: 'obk-format' | 'obk-hash', what: string): HarnessError {
  return new HarnessError({ code, kind: 'usage', message: `no configuration of ${owner}: ${what}`, nextStep: 'build the .obk file again from its XML and keys (`rot-hil obk build`)' });
}
