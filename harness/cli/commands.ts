import type { Command } from 'commander';
import { registerEmulate } from './emulate.js';
import { registerImage } from './image.js';
import { registerReport } from './report.js';
import { registerRun } from './run.js';
import { registerVirtual } from './virtual.js';

/** Adds one command (or one group) to the program. */
export type RegisterCommand = (program: Command) => void;

/** Every command, in the order of `--help`. */
export const commands: readonly RegisterCommand[] = [registerRun, registerImage, registerVirtual, registerEmulate, registerReport];
