import type { Command } from 'commander';

/** Adds one command (or one group) to the program. */
export type RegisterCommand = (program: Command) => void;
