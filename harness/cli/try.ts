import { InvalidArgumentError, Option } from 'commander';
import { HarnessError } from '../errors/index.js';
import { addConfigurationOptions } from './configuration-options.js';
import { allowUnmodelledOption } from './allow-unmodelled.js';
import { numberOption } from './image-options.js';
import { action, ExitCode, print, printJson } from './io.js';
import type { RegisterCommand } from './register.js';
import type { TryArguments } from './try-arguments.js';

/** Board time as `250ms`, `2s`, or seconds. */
function boardTime(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s)?$/.exec(text);
  const seconds = match === null ? NaN : Number(match[1]) / (match[2] === 'ms' ? 1000 : 1);
  if (!(seconds > 0 && seconds <= 3600)) throw new InvalidArgumentError('give a board time up to an hour: 250ms, 2s, 0.5');
  return seconds;
}

/** `rot-hil try` */
export const registerTry: RegisterCommand = (program) => {
  addConfigurationOptions(
    program
      .command('try')
      .description('does this application boot? check it, sign it with throw-away keys, install it through the model of the root of trust, and run it on the emulated chip')
      .argument('<application>', 'linked application (.elf), or a .bin that begins at the run address')
      .option('--kit <id>', 'board model', 'stm32h7s78-dk'),
  )
    .option('--rot-config <file>', "the layout of your root of trust: ST's flash_layout.h, map.properties or STiROT_Config.xml")
    .option('--confirm', 'sign the image as confirmed: in swap mode it stays without confirming itself')
    .option('--swap-from <old.elf>', 'this application is installed first, and updated by the other one')
    .option('--for <time>', 'board time that it may run', boardTime, 0.25)
    .option('--expect <regex>', 'it boots when a line of its console matches, and not otherwise')
    .option('--input <text>', 'typed into the console at the start')
    .option('--seed <n>', 'what keys, noise and random numbers follow from', numberOption(0, 0xffffffff), 1)
    .addOption(new Option('--rot-release <release>', 'MPU table of the current OEMiROT_Boot, or of the older one that leaves only AHB SRAM2 open').choices(['current', 'ahb-sram2']).default('current'))
    .addOption(allowUnmodelledOption(''))
    .option('--json', 'print one JSON document')
    .action(action((_application: string, args: TryArguments) => args.json === true, tryIt));
};

async function tryIt(path: string, args: TryArguments): Promise<number> {
  const expect = args.expect === undefined ? undefined : pattern(args.expect);
  const { runTrial } = await import('./try-run.js');
  const show = args.json !== true;
  const result = await runTrial(path, args, expect, (line) => {
    if (show) print(`  ${line.from === 'rot' ? '      ' : `${(line.seconds * 1000).toFixed(1).padStart(8)} ms`} ${line.text}`);
  });
  if (args.json === true) printJson(result.document);
  else for (const line of result.lines) print(line);
  return result.boots ? ExitCode.ok : ExitCode.subject;
}

function pattern(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch (cause) {
    throw new HarnessError({ code: 'expect-regex', kind: 'usage', message: `--expect ${JSON.stringify(text.slice(0, 100))} is no regular expression`, nextStep: 'give a JavaScript regular expression', cause });
  }
}
