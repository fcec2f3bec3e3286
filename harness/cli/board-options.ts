import type { Command } from 'commander';

/** How the command line names a board that is only looked at; with nothing given, the only one there is. */
export interface ProbeArguments {
  /** A bench of the lab file, a running virtual board, a kit. */
  readonly board?: string;
  /** Lab file; default: `rot-hil.lab.yaml` of the working directory, where there is one. */
  readonly lab?: string;
  /** Real bench: serial number of its ST-LINK. */
  readonly probeSn?: string;
  /** Real bench: path of the serial port. */
  readonly console?: string;
  /** Real bench: STM32_Programmer_CLI or its folder; default: found as STM32CubeProgrammer is installed. */
  readonly tool?: string;
  /** Real bench: kit, where `board` is a name of the user's. */
  readonly kit?: string;
}

/** A board that is worked with. */
export interface BoardArguments extends ProbeArguments {
  /** The root of trust to be programmed, a .bin file. */
  readonly rot?: string;
}

interface Words {
  /** What `--board` may name. */
  readonly board: string;
  /** What the serial port is for. */
  readonly console?: string;
}

/** `--board` and what describes a bench without a lab file. */
export function addProbeOptions(command: Command, words: Words): Command {
  return command
    .option('--board <name>', words.board)
    .option('--lab <file>', 'lab file (default: rot-hil.lab.yaml of the working directory, where there is one)')
    .option('--probe-sn <sn>', 'real bench: serial number of its ST-LINK, as `rot-hil boards` shows it')
    .option('--console <port>', `real bench: serial port of the console${words.console ?? ''}`)
    .option('--tool <path>', 'STM32_Programmer_CLI or its folder (default: STM32_PRG_PATH, PATH, the folders of its installer)')
    .option('--kit <id>', 'real bench: its kit, where neither --board nor the probe tells it');
}

/** The same, and the build for its user flash. */
export function addBoardOptions(command: Command, words: Partial<Words> = {}): Command {
  return addProbeOptions(command, { board: 'a bench of the lab file, a running virtual board, a kit = a fresh virtual board, or a name for the bench of --probe-sn and --console', ...words }).option(
    '--rot <bin>',
    'your own build for the user flash: OEMiROT_Boot.bin or STiROT_iLoader.bin',
  );
}

/** `--board desk`, as it is to be typed again. */
export function boardArgumentsOf(options: ProbeArguments, name: string): string {
  const words = [`--board ${name}`, ...(['lab', 'probeSn', 'console', 'kit'] as const).flatMap((key) => (options[key] === undefined ? [] : [`--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} ${options[key]}`]))];
  return words.join(' ');
}
