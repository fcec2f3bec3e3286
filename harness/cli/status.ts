import type { ProbeArguments } from './board-options.js';
import { addProbeOptions } from './board-options.js';
import type { RegisterCommand } from './register.js';
import { action, ExitCode, print, printJson } from './io.js';
import { leasedTools } from './leased-tools.js';

interface StatusArguments extends ProbeArguments {
  readonly json?: boolean;
}

/** `rot-hil status` */
export const registerStatus: RegisterCommand = (program) => {
  addProbeOptions(program.command('status'), { board: 'a bench of the lab file, name of a running virtual board, or a kit (default: the only board there is)', console: '; not needed here' })
    .description('what a board is now: product state, application, way back; nothing is written; a closed board is asked by a discovery, which resets it')
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
