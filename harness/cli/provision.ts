import { dirname, join } from 'node:path';
import { InvalidArgumentError, Option } from 'commander';
import type { BootPathName } from '../board/index.js';
import { HarnessError } from '../errors/index.js';
import type { FinalState, GuardFinding, Plan, StFolderContents } from '../provisioning/index.js';
import type { ConfigurationArguments } from './configuration-options.js';
import { addConfigurationOptions } from './configuration-options.js';
import { interruption } from './interruption.js';
import { action, ExitCode, log, print, printJson, reportError } from './io.js';
import { leasedTools } from './leased-tools.js';
import type { InputArguments } from './provision-inputs.js';
import type { BoardArguments } from './board-options.js';
import { addBoardOptions, boardArgumentsOf } from './board-options.js';
import { addCredentialOptions, addFileOptions, namedFiles } from './provision-options.js';
import type { RegisterCommand } from './register.js';
import { secretFolder } from './secret-folder.js';
import { seeBoot } from './see-boot.js';
import { wholeNumber } from './whole-number.js';

interface ProvisionArguments extends ConfigurationArguments, BoardArguments, InputArguments {
  readonly state: FinalState;
  readonly da: 'certificate' | 'password';
  readonly stFolder?: string;
  readonly lockedIsForEver?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

const upper = (text: string): FinalState => {
  const state = text.toUpperCase();
  if (state === 'OPEN' || state === 'CLOSED' || state === 'LOCKED') return state;
  throw new InvalidArgumentError('give open, closed or locked');
};

/** `rot-hil provision` */
export const registerProvision: RegisterCommand = (program) => {
  const command = addConfigurationOptions(addBoardOptions(program.command('provision')))
    .description('put a root of trust, its keys and an application on a board, and close it if asked; refuses what would lose the board (exit code 4)')
    .option('--state <state>', 'product state to end in: open, closed or locked', upper, 'OPEN')
    .addOption(new Option('--da <method>', 'what opens a closed board again').choices(['certificate', 'password']).default('certificate'));
  addFileOptions(addCredentialOptions(command))
    .option('--app <elf>', 'application to sign instead of --image (default: the prebuilt fixture)')
    .option('--app-version <version>', 'version that --app is signed with, such as 1.0.0')
    .addOption(new Option('--rot-build <build>', 'how OEMiROT_Boot or OEMuROT was built, where its binary does not tell').choices(['development', 'production']))
    .option('--seed <n>', 'what the keys follow from that are not given: test keys, which anybody can derive', wholeNumber(0, 0xffffffff), 1)
    .option('--locked-is-for-ever <probe serial>', 'for --state locked: the serial number of the probe, to say that you mean this very board')
    .option('--dry-run', 'show the tool calls and what the brick guard says, and change nothing')
    .option('--json', 'print one JSON document')
    .action(action((options: ProvisionArguments) => options.json === true, provision));
};

async function provision(options: ProvisionArguments): Promise<number> {
  const [{ resolveBoard }, { collectInputs }, { CallLog, Programmer }, provisioning, { openConsole }, { locatePort }, { benchDefaultsOf }] = await Promise.all([
    import('./resolve-board.js'),
    import('./provision-inputs.js'),
    import('../programmer/index.js'),
    import('../provisioning/index.js'),
    import('../console/index.js'),
    import('../lab/index.js'),
    import('./real-bench.js'),
  ]);
  const say = options.json === true ? log : print;
  const interrupted = interruption('putting the board away');
  const { path: workDirectory, discard } = secretFolder();
  let board: Awaited<ReturnType<typeof resolveBoard>> | undefined;
  let console: Awaited<ReturnType<typeof openConsole>> | undefined;
  let journal: InstanceType<typeof provisioning.Journal> | undefined;
  let callLog: InstanceType<typeof CallLog> | undefined;
  try {
    const { stFolder } = options;
    const stOf = (bootPath: BootPathName): StFolderContents | undefined => (stFolder === undefined ? undefined : provisioning.readStFolder(stFolder, bootPath, options.state, options.da));
    board = await resolveBoard({
      ...options,
      defaults: ({ bootPath }) => {
        const st = stOf(bootPath);
        return st === undefined ? {} : benchDefaultsOf(st);
      },
      command: 'rot-hil provision',
      configuration: options,
      signal: interrupted.signal,
    });
    const { bench, kit } = board;
    const st = stOf(board.configuration.bootPath);
    const configuration = st?.script === undefined ? board.configuration : provisioning.withStScript(kit, board.configuration, st.script);
    const boardArguments = boardArgumentsOf(options, bench.name);
    provisioning.requireState(configuration.bootPath, options.state);
    const { inputs } = collectInputs({ ...board, configuration }, options.state, options.da, namedFiles(options), options, st, workDirectory);
    const bootLoader = bench.bootLoader ?? { port: bench.console.path, baudRate: 921600 };
    const planBench = {
      externalLoader: bench.externalLoader,
      bootLoaderLoader: bench.bootLoaderLoader ?? kit.externalFlash.bootLoaderLoader,
      bootLoader,
      ...(st?.script?.primarySectors === undefined ? {} : { primarySectors: st.script.primarySectors }),
    };
    const plan = provisioning.makePlan(inputs, planBench);
    const journalPath = provisioning.journalPath(bench.probe.sn);
    const guard = { permissions: board.permissions, boardArguments, ...(options.lockedIsForEver === undefined ? {} : { lockedIsForEver: options.lockedIsForEver }) };
    say(`${bench.name} (${kit.name}, probe ${bench.probe.sn}${board.virtual ? ', virtual' : ''}): ${plan.name}${options.state === 'CLOSED' ? `, opened again by ${options.da}` : ''}`);
    if (options.dryRun === true) {
      const programmer = new Programmer({ path: bench.programmerPath, sn: bench.probe.sn, signal: interrupted.signal, ...leasedTools(board.lease) });
      const findings = await provisioning.foreseeProvisioning({ programmer, inputs, ...guard });
      return showDryRun(options, provisioning.describePlan(programmer, plan), findings, provisioning.refusals(findings).length, plan);
    }
    journal = new provisioning.Journal(journalPath);
    if (journal.before.unfinished) for (const line of provisioning.journalAdvice(journal.before, boardArguments)) log(line);
    callLog = new CallLog(join(dirname(journalPath), 'tool-calls.jsonl'));
    const programmer = new Programmer({ path: bench.programmerPath, sn: bench.probe.sn, signal: interrupted.signal, log: callLog, ...leasedTools(board.lease) });
    const sn = bench.probe.sn;
    console = await openConsole({ ...bench.console, locate: () => locatePort(sn) });
    const port = bootLoader.port === bench.console.path || board.virtual ? { release: () => console!.release(), takeBack: () => console!.takeBack(), ...(bootLoader.port === bench.console.path ? { name: () => console!.path } : {}) } : undefined;
    const { findings } = await provisioning.provisionBoard({
      programmer,
      inputs,
      bench: planBench,
      journal,
      ...guard,
      ...(port === undefined ? {} : { port }),
      pauses: bench.provisioningPauses ?? false,
      onStep: (step, index, count) => say(`  ${String(index + 1).padStart(2)}/${count} ${step.name.padEnd(28)} ${step.why}`),
    });
    const boot = await seeBoot(console, options.state === 'OPEN' ? () => programmer.hardReset() : async () => void (await programmer.discover()));
    if (options.json === true) printJson({ verdict: 'done', board: bench.name, probeSn: sn, productState: options.state, configuration: { bootPath: configuration.bootPath, mode: configuration.mode, exec: configuration.exec }, steps: plan.steps.map(({ name }) => name), guard: findings.map(plain), console: boot, journal: journalPath });
    else {
      say(`done: product state ${options.state}${options.state === 'CLOSED' ? `; the way back: rot-hil regress ${boardArguments}${options.da === 'password' ? ' --da password' : ''}` : ''}`);
      for (const line of boot) say(`  | ${line}`);
      if (boot.length === 0) say('  the board has said nothing after its reset: STiROT never does; otherwise see rot-hil status');
    }
    return ExitCode.ok;
  } catch (error) {
    const { isHarnessError } = await import('../errors/index.js');
    if (isHarnessError(error) && error.code === 'brick-guard' && options.json !== true) {
      log('the brick guard refuses:');
      for (const line of (error.fields['reasons'] as readonly string[] | undefined) ?? []) log(`  ${line}`);
    }
    if (interrupted.exitCode === undefined) throw error;
    reportError(new HarnessError({ code: 'interrupted', kind: 'bench', message: 'interrupted', nextStep: 'rot-hil status tells what the board is now', cause: error }), options.json === true);
    return interrupted.exitCode;
  } finally {
    await console?.close();
    journal?.close();
    callLog?.close();
    await board?.dispose();
    interrupted.end();
    discard();
  }
}

const plain = ({ rule, verdict }: GuardFinding): object => ({ rule, ...verdict });

function showDryRun(options: ProvisionArguments, calls: readonly { name: string; why: string; arguments: string[] }[], findings: readonly GuardFinding[], against: number, plan: Plan): number {
  const quote = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);
  if (options.json === true) printJson({ verdict: against === 0 ? 'would run' : 'would be refused', plan: plan.name, calls, guard: findings.map(plain) });
  else {
    for (const call of calls) print(`# ${call.name}: ${call.why}\nSTM32_Programmer_CLI ${call.arguments.map(quote).join(' ')}`);
    print('\nbrick guard');
    for (const { rule, verdict } of findings) {
      print(`  ${verdict.status.padEnd(14)} ${rule}: ${verdict.found}`);
      if (verdict.status === 'refused') print(`    would have happened: ${verdict.wouldHave}\n    now: ${verdict.now}\n    command: ${verdict.command}`);
    }
  }
  return against === 0 ? ExitCode.ok : ExitCode.guard;
}
