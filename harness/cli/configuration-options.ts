import { Option } from 'commander';
import type { Command } from 'commander';
import type { BootPathName, ExecutionMode, UpdateMode } from '../board/types.js';

/** `--boot-path`, `--mode` and `--exec` as they were given. */
export interface ConfigurationArguments {
  readonly bootPath?: BootPathName;
  readonly mode?: UpdateMode;
  readonly exec?: ExecutionMode;
}

/** `--mce off`: `options.mce` is `off`. */
export const noMemoryCipherOption = (): Option => new Option('--mce <mce>', 'off: the root of trust was built without the memory cipher engine; a fresh virtual board is started so').choices(['on', 'off']);

const bootPaths: readonly BootPathName[] = ['oemirot', 'stirot', 'stirot-oemurot'];
const modes: readonly UpdateMode[] = ['overwrite', 'swap'];
const execs: readonly ExecutionMode[] = ['ext-ram', 'xip', 'int-ram'];

function option(flags: string, description: string, choices: readonly string[]): Option {
  const made = new Option(flags, description).choices(choices);
  const parse = made.parseArg;
  return made.argParser((value: string, previous: unknown) => (parse as (value: string, previous: unknown) => unknown)(value.toLowerCase(), previous));
}

/** `filter`: the options choose among several runs, and what is not given leaves none out. */
type Use = 'one' | 'filter';

const told = (use: Use, what: string, otherwise: string): string => (use === 'one' ? `${what} (default: ${otherwise})` : `only runs of this one: ${what}`);

/** The options that choose a configuration of the root of trust; what is not given is ST's default for the kit, or what a running board has. */
export function addConfigurationOptions(command: Command, use: Use = 'one'): Command {
  return addModeOptions(command.addOption(option('--boot-path <path>', told(use, 'which root of trust starts the application', 'oemirot'), bootPaths)), use);
}

/** Those of one boot path. */
export function addModeOptions(command: Command, use: Use = 'one'): Command {
  return command
    .addOption(option('--mode <mode>', told(use, 'how it installs an update', 'overwrite'), modes))
    .addOption(option('--exec <mode>', told(use, 'where the application runs: in place, or loaded to external or internal RAM', "the kit's first"), execs));
}
