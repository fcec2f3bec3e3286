import { registerBoards } from './boards.js';
import { registerConfirm } from './confirm-on-hardware.js';
import { registerConsole } from './console.js';
import { registerDoctor } from './doctor.js';
import { registerEmulate } from './emulate.js';
import { registerFault } from './fault.js';
import { registerImage } from './image.js';
import { registerInstall } from './install.js';
import { registerKeys } from './keys.js';
import { registerNightly } from './nightly.js';
import { registerObk } from './obk.js';
import { registerProvision } from './provision.js';
import { registerRegress } from './regress.js';
import { registerReport } from './report.js';
import { registerRun } from './run.js';
import { registerStatus } from './status.js';
import { registerSweep } from './sweep.js';
import { registerVirtual } from './virtual.js';
import { registerAdapt } from './adapt.js';
import { registerCheck } from './check.js';
import { registerTry } from './try.js';
import type { RegisterCommand } from './register.js';

/** Every command, in the order of `--help`. */
export const commands: readonly RegisterCommand[] = [registerRun, registerNightly, registerBoards, registerConfirm, registerDoctor, registerProvision, registerInstall, registerRegress, registerStatus, registerConsole, registerImage, registerObk, registerKeys, registerCheck, registerAdapt, registerTry, registerSweep, registerVirtual, registerEmulate, registerFault, registerReport];
