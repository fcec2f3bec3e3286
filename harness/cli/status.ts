import type { ProbeChoice } from './resolve-probe.js';
import type { RegisterCommand } from './register.js';
import { action, ExitCode, print, printJson } from './io.js';
import { leasedTools } from './leased-tools.js';

interface StatusArguments extends ProbeChoice {
  readonly json?: boolean;
}

/** `rot-hil status` */
export const registerStatus: RegisterCommand = (program) => {
  program
    .command('status')
    .description('what a board is now: product state, application, way back; nothing is written and the board is not reset')
    .option('--board <name>', 'a bench of the lab file, name of a running virtual board, or a kit (default: the only board there is)')
    .option('--lab <file>', 'lab file (default: rot-hil.lab.yaml of the working directory, where there is one)')
    .option('--probe-sn <sn>', 'serial number of the ST-LINK, as `rot-hil boards` shows it')
    .option('--kit <id>', 'kit, where the probe does not tell it')
    .option('--console <port>', 'serial port of the console; not needed here')
    .option('--tool <path>', 'STM32_Programmer_CLI or its folder (default: STM32_PRG_PATH, PATH, the folders of its installer)')
    .option('--json', 'print one JSON document')
    .action(action((options: StatusArguments) => options.json === true, status));
};

async function status(options: StatusArguments): Promise<number> {
  const [{ resolveProbe }, { chooseConfiguration }, { Programmer }, { readBoardStatus }, { journalPath, judgeJournal, readJournalText }, { takeLease }] = await Promise.all([
    import('./resolve-probe.js'),
    import('../board/index.js'),
    import('../programmer/index.js'),
    import('../session/index.js'),
    import('../provisioning/index.js'),
    import('../lab/index.js'),
  ]);
  const { kit, sn, programmerPath, name, leases, configuration: known = {} } = await resolveProbe(options);
  const configuration = chooseConfiguration(kit, known);
  // Two tools on one probe break each other; another `status` is soon done.
  const lease = await takeLease({ board: sn, name, command: 'rot-hil status', waitMs: 5000, ...(leases === undefined ? {} : { folder: leases }) });
  const report = await readBoardStatus(new Programmer({ path: programmerPath, sn, ...leasedTools(lease) }), {
    kit,
    configuration,
    journal: judgeJournal(readJournalText(journalPath(sn))),
    boardArguments: `--board ${name}`,
  }).finally(() => lease.release());
  if (options.json === true) printJson(report);
  else {
    print(`${name} (${kit.name}, probe ${sn})`);
    print(`  product state  ${report.productState}`);
    print(`  integrity      ${report.integrity ?? 'not known'}`);
    print(`  boots          ${report.boots ?? (report.productState === 'OPEN' ? 'nothing' : 'cannot be read in this state')}`);
    print(`  recoverable    ${report.recoverable ? 'yes' : 'no'}`);
    for (const why of report.why) print(`  - ${why}`);
  }
  return report.productState === 'unknown' ? ExitCode.bench : ExitCode.ok;
}
