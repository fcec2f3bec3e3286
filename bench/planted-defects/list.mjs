// Defects that the board suites must notice, as data: in `file` the text `find` becomes `replace`. `suite`: the one that must turn red, in a test like `test`,
// with a message like `reason`. `also`: suites that judge the same property and may turn red with it; anything else that is red makes the run a failure.
// `on`: in which configuration (kit, bootPath, mode, exec, mce); what it leaves out is the default of `rot-hil run`.
import { driver } from './list/driver.mjs';
import { emulator } from './list/emulator.mjs';
import { enciphering } from './list/enciphering.mjs';
import { firmware } from './list/firmware.mjs';
import { handOver } from './list/hand-over.mjs';
import { installation } from './list/installation.mjs';
import { lifeCycle } from './list/life-cycle.mjs';

export const defects = [...firmware, ...installation, ...enciphering, ...handOver, ...lifeCycle, ...emulator, ...driver];
