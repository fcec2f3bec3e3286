import { keysCheckCommand } from './keys-check.js';
import { keysGenerateCommand } from './keys-generate.js';
import type { RegisterCommand } from './register.js';

/** `rot-hil keys generate|check` */
export const registerKeys: RegisterCommand = (program) => {
  const keys = program.command('keys').description('make P-256 keys and debug-authentication chains; check that a chain opens a device before it is closed');
  keys.addCommand(keysGenerateCommand());
  keys.addCommand(keysCheckCommand());
};
