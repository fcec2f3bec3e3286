import { Option } from 'commander';
import type { Command } from 'commander';
import { HarnessError } from '../errors/index.js';
import type { SweepOptions, SweepResult } from '../rot/sweep/index.js';
import { numberOption } from './image-options.js';
import { writeOutput } from './image-file.js';
import { action, ExitCode, printJson } from './io.js';
import type { RegisterCommand } from './register.js';
import { sweepRequest } from './sweep-request.js';
import type { SweepArguments } from './sweep-request.js';
import { printCut, printSweep } from './sweep-report.js';
import { SweepProgress } from './sweep-progress.js';

/** `rot-hil sweep` */
export const registerSweep: RegisterCommand = (program) => {
  program
    .command('sweep')
    .description('a power cut at every flash operation of an update: what boots afterwards, by the model of the root of trust')
    .option('--scenario <name>', 'a ready-made update with images made for it; all: every one (see --list)')
    .option('--list', 'list the scenarios')
    .option('--kit <kit>', 'whose real layout', 'stm32h7s78-dk')
    .addOption(new Option('--boot-path <path>', 'root of trust; STiRoT is ROM code whose flash operations are not public').choices(['oemirot', 'stirot-oemurot']).default('oemirot'))
    .addOption(new Option('--exec <exec>', 'execution mode, which fixes the slots').choices(['xip', 'ext-ram', 'int-ram']))
    .addOption(new Option('--mode <mode>', 'how the boot updates').choices(['overwrite', 'swap']))
    .option('--layout <layout>', 'other areas: slot=…,scratch=…,sector=…,unit=… (unit 16 or 4 chooses the build)')
    .option('--install <a.bin,b.bin>', 'images that are installed and confirmed beforehand, one after the other')
    .option('--primary <file>', 'image in the primary slot; - for none, installed for the one of --install')
    .option('--secondary <file>', 'image in the secondary slot; - for none')
    .option('--auth-pub <pem>', 'authentication key')
    .option('--enc-key <pem>', 'private encryption key')
    .option('--stored-counter <n>', 'security counter before the first boot', numberOption(0, 0xfffffffe), 0)
    .option('--confirm <who>', 'application that confirms itself: secondary, none, or a version', 'secondary')
    .option('--boots <n>', 'starts of the uncut update', numberOption(1, 16), 3)
    .option('--half', 'the operation at the cut is half done, not undone')
    .option('--torn <seed>', 'the operation at the cut is done up to a random byte; the same for the same seed')
    .addOption(new Option('--mce <mce>', 'memory cipher engine on primary slot and scratch; off with unit 16: its build without the cipher').choices(['off', 'model']).default('off'))
    .option('--step <n>', 'try every n-th cut', numberOption(1, 1_000_000), 1)
    .option('--cut <k>', 'only the cut at this operation, with its log', numberOption(1, 10_000_000))
    .option('--strict', 'programming a bit from 0 to 1 is an error')
    .option('--crc', 'with --json: CRC-32 of the flash after each recovery')
    .option('--trace', 'with --json: the operations')
    .option('--svg <file>', 'draw the outcome over the cuts')
    .option('--json', 'print one JSON document')
    .action(
      action(
        (...[args]: [SweepArguments, Command]) => args.json === true,
        async (args, command) => {
          if (args.list === true) return listScenarios(args);
          const requests = await sweepRequest(args, argvOf(command));
          if (requests.length > 1 && (args.json === true || args.svg !== undefined)) throw severalAtOnce();
          const { sweep } = await import('../rot/sweep/index.js');
          let bricked = 0;
          for (const { title, options, replay } of requests) {
            const started = performance.now();
            const progress = new SweepProgress(title, args.json !== true);
            const result = sweep({ ...options, onProgress: (done, boots) => { progress.show(done, boots); } });
            progress.clear();
            const bootsPerSecond = Math.round(result.boots / ((performance.now() - started) / 1000));
            bricked += result.bricked.length;
            if (args.svg !== undefined) {
              const { sweepSvg } = await import('./sweep-svg.js');
              await writeOutput(args.svg, sweepSvg(title, result));
            }
            if (args.json === true) printJson(sweepDocument(result, bootsPerSecond, options, args));
            else if ('step' in options.cuts) printSweep(title, result, bootsPerSecond, replay, options.mce);
            else printCut(title, result);
          }
          return bricked > 0 ? ExitCode.subject : ExitCode.ok;
        },
      ),
    );
};

/** The command line as it was given to the program. */
function argvOf(command: Command): readonly string[] {
  return (command.parent as (Command & { readonly rawArgs?: readonly string[] }) | null)?.rawArgs?.slice(2) ?? [];
}

async function listScenarios(args: SweepArguments): Promise<number> {
  const { scenarioList } = await import('./sweep-request.js');
  const list = await scenarioList();
  if (args.json === true) printJson(list);
  else {
    const { print } = await import('./io.js');
    for (const { name, mode, description } of list) print(`${name.padEnd(22)} ${mode.padEnd(10)} ${description}`);
  }
  return ExitCode.ok;
}

function sweepDocument(result: SweepResult, bootsPerSecond: number, options: SweepOptions, args: SweepArguments): object {
  const { operations, uncut, trace, log, outcomes, bricked, halted, norViolations } = result;
  return {
    operations,
    uncut,
    ...(args.trace === true ? { trace } : {}),
    log,
    outcomes: outcomes.map(({ after, cut, crc }) => ({ after, cut, ...(options.crc ? { crc } : {}) })),
    bricked,
    halted,
    norViolations,
    bootsPerSecond,
  };
}

function severalAtOnce(): HarnessError {
  return new HarnessError({ code: 'sweep-arguments', kind: 'usage', message: '--json and --svg take one scenario at a time', nextStep: 'name one scenario, see `rot-hil sweep --list`' });
}
