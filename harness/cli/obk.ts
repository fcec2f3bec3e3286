import { obkBuildCommand } from './obk-build.js';
import { obkInspectCommand } from './obk-inspect.js';
import { obkVerifyCommand } from './obk-verify.js';
import type { RegisterCommand } from './register.js';

/** `rot-hil obk build|inspect|verify` */
export const registerObk: RegisterCommand = (program) => {
  const obk = program.command('obk').description('build, explain and check OBKey files (.obk): what a device is told about keys, data and debug authentication');
  obk.addCommand(obkBuildCommand());
  obk.addCommand(obkInspectCommand());
  obk.addCommand(obkVerifyCommand());
};
