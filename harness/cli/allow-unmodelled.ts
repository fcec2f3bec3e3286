import { Option } from 'commander';

/** `--allow-unmodelled <block>`, once for each block. */
export function allowUnmodelledOption(where: string): Option {
  return new Option('--allow-unmodelled <block>', `${where}block of the chip (ST's name) whose unmodelled registers are plain storage instead of the end of the run; may be repeated`).argParser(
    (block: string, before: readonly string[] = []) => [...before, block],
  );
}
