import { createRequire } from 'node:module';
import { join } from 'node:path';
import process from 'node:process';
import type { RegisterCommand } from './register.js';
import { action, ExitCode, print, printJson } from './io.js';

interface DoctorArguments {
  readonly tool?: string;
  readonly json?: boolean;
}

/** `rot-hil doctor` */
export const registerDoctor: RegisterCommand = (program) => {
  program
    .command('doctor')
    .description('check every precondition, each with its remedy; exit code 3 when one fails')
    .option('--tool <path>', 'STM32_Programmer_CLI or its folder (default: STM32_PRG_PATH, PATH, the folders of its installer)')
    .option('--json', 'print one JSON document')
    .action(action((options: DoctorArguments) => options.json === true, doctor));
};

async function doctor(options: DoctorArguments): Promise<number> {
  const [checks, { discover }, { toolDirectory }, { packagePath }, { prepareRuntimeFolder }] = await Promise.all([
    import('./doctor-checks.js'),
    import('../lab/index.js'),
    import('../virtual-board/index.js'),
    import('./package-files.js'),
    import('../virtual-board/runtime-folder.js'),
  ]);
  const { engines } = createRequire(import.meta.url)('rot-hil/package.json') as { engines: { node: string } };
  const attached = await discover(options.tool === undefined ? {} : { tool: options.tool });
  const results = [
    checks.checkNode(process.version, engines.node),
    ...checks.checkAttached(attached),
    checks.checkRuntimeFolder(prepareRuntimeFolder),
    checks.checkTemporaryFolder(),
    checks.checkVirtualBoards(join(toolDirectory(), 'STM32_Programmer_CLI'), packagePath('dist', 'harness', 'virtual-board', 'process.js')),
  ];
  const healthy = results.every(({ status }) => status !== 'failed');
  if (options.json === true) printJson({ healthy, checks: results });
  else {
    for (const { name, status, detail, remedy } of results) {
      print(`${status.padEnd(8)} ${name.padEnd(17)} ${detail}`);
      if (remedy !== null) print(`${' '.repeat(27)}next: ${remedy}`);
    }
  }
  return healthy ? ExitCode.ok : ExitCode.bench;
}
