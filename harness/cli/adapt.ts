import { addConfigurationOptions } from './configuration-options.js';
import type { AdaptArguments } from './adapt-arguments.js';
import { action, ExitCode, print, printJson } from './io.js';
import type { RegisterCommand } from './register.js';

/** `rot-hil adapt` */
export const registerAdapt: RegisterCommand = (program) => {
  addConfigurationOptions(
    program
      .command('adapt')
      .description('write symbols, regions and reserved areas of a boot path into linker scripts; everything else stays byte for byte')
      .argument('[script...]', 'linker scripts: .ld (GNU ld), .icf (IAR), .sct (Keil)')
      .option('--kit <id>', 'board model', 'stm32h7s78-dk'),
  )
    .option('--rot-config <file>', "the layout of your root of trust: ST's flash_layout.h, map.properties or STiROT_Config.xml")
    .option('--project <dir>', "an application of a package like STM32CubeH7RS: its linker scripts, and what ST's post-build and AppliCfg.py write (image XML, appli_flash_layout.h, option bytes, env, post-build)")
    .option('--snippets', "print what a project without ST's templates needs in its sources")
    .option('--dry-run', 'show the changes as a diff, write nothing')
    .option('--json', 'print one JSON document')
    .action(action((_scripts: string[], args: AdaptArguments) => args.json === true, adapt));
};

async function adapt(scripts: string[], args: AdaptArguments): Promise<number> {
  const { runAdapt } = await import('./adapt-run.js');
  const files = await runAdapt(scripts, args);
  if (args.json === true) {
    printJson({ files: files.map(({ path, changes, notes, diff }) => ({ path, changed: changes.length > 0, changes, notes, diff })), written: args.dryRun !== true });
    return ExitCode.ok;
  }
  for (const { path, changes, notes, diff } of files) {
    if (args.dryRun === true && diff !== '') print(diff);
    else print(`${path}: ${changes.length === 0 ? 'nothing to change' : args.dryRun === true ? 'would be changed' : 'changed'}`);
    if (args.dryRun !== true) for (const change of changes) print(`  ${change}`);
    for (const note of notes) print(`  note: it ${note}`);
  }
  if (args.snippets === true) {
    const { snippets } = await import('../app-check/index.js');
    for (const { title, text } of snippets) print(`\n/* ${title} */\n${text}`);
  }
  return ExitCode.ok;
}
