import { dirname, join, resolve } from 'node:path';
import process from 'node:process';
import { Option } from 'commander';
import { HarnessError } from '../errors/index.js';
import { interruption } from './interruption.js';
import { action, ExitCode, log, print, printJson, reportError } from './io.js';
import { leasedTools } from './leased-tools.js';
import type { BoardArguments } from './board-options.js';
import { addBoardOptions, boardArgumentsOf } from './board-options.js';
import type { CredentialFileArguments } from './provision-options.js';
import { addCredentialOptions } from './provision-options.js';
import type { RegisterCommand } from './register.js';
import { secretFolder } from './secret-folder.js';
import { wholeNumber } from './whole-number.js';

interface RegressArguments extends BoardArguments, CredentialFileArguments {
  readonly da: 'certificate' | 'password';
  readonly stFolder?: string;
  readonly seed: number;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** `rot-hil regress` */
export const registerRegress: RegisterCommand = (program) => {
  addCredentialOptions(addBoardOptions(program.command('regress')))
    .description('bring a closed board back to product state OPEN; everything on the chip is erased')
    .addOption(new Option('--da <method>', 'what the board was provisioned for').choices(['certificate', 'password']).default('certificate'))
    .option('--da-obk <obk>', 'DA_Config.obk of the board: compared with the credential before it is used, and provisioned if the board is still in PROVISIONING')
    .option('--seed <n>', 'virtual boards: what the credential follows from', wholeNumber(0, 0xffffffff), 1)
    .option('--dry-run', 'show the tool calls and change nothing')
    .option('--json', 'print one JSON document')
    .action(action((options: RegressArguments) => options.json === true, regress));
};

async function regress(options: RegressArguments): Promise<number> {
  const [{ resolveBoard }, { credentialOf, derivedDaObk }, { CallLog, Programmer }, provisioning, { readDaObk }] = await Promise.all([
    import('./resolve-board.js'),
    import('./provision-inputs.js'),
    import('../programmer/index.js'),
    import('../provisioning/index.js'),
    import('../keys/index.js'),
  ]);
  const say = options.json === true ? log : print;
  const interrupted = interruption('putting the board away');
  const { path: workDirectory, discard } = secretFolder();
  let board: Awaited<ReturnType<typeof resolveBoard>> | undefined;
  const opened: { close(): void }[] = [];
  try {
    // The root of trust is not touched: any file will do where a real bench asks for one.
    board = await resolveBoard({ ...options, ...(options.rot === undefined && options.probeSn !== undefined ? { rot: process.execPath } : {}), command: 'rot-hil regress', configuration: {}, signal: interrupted.signal });
    const { bench, kit } = board;
    const boardArguments = boardArgumentsOf(options, bench.name);
    const st = options.stFolder === undefined ? undefined : provisioning.readStFolder(options.stFolder, 'oemirot', 'CLOSED', options.da);
    const credential = credentialOf(board, 'CLOSED', options.da, options, st?.credential, workDirectory);
    if (credential === undefined) throw new HarnessError({ code: 'credential-arguments', kind: 'usage', message: 'nothing that opens the board was given', nextStep: 'give --da-key <pem> with --da-chain <b64>, or --da-password-file <bin>, or name them in the lab file' });
    const given = options.daObk ?? st?.files.da;
    const daObk = given === undefined ? derivedDaObk(credential, options, workDirectory) : resolve(given);
    const programmerOptions = { path: bench.programmerPath, sn: bench.probe.sn, signal: interrupted.signal, ...leasedTools(board.lease) };
    if (options.dryRun === true) {
      const programmer = new Programmer(programmerOptions);
      const { productState } = await provisioning.readBoardState(programmer);
      const plan = provisioning.planRegression({ state: productState, credential: credential.files, ...(daObk === undefined ? {} : { daObk }) });
      const calls = provisioning.describePlan(programmer, plan);
      if (options.json === true) printJson({ verdict: productState === 'OPEN' ? 'already open' : 'would run', productState, calls });
      else {
        print(`the board is ${productState}`);
        for (const call of calls) print(`# ${call.name}: ${call.why}\nSTM32_Programmer_CLI ${call.arguments.join(' ')}`);
      }
      return ExitCode.ok;
    }
    const journalPath = provisioning.journalPath(bench.probe.sn);
    const journal = new provisioning.Journal(journalPath);
    const callLog = new CallLog(join(dirname(journalPath), 'tool-calls.jsonl'));
    opened.push(journal, callLog);
    if (journal.before.unfinished) for (const line of provisioning.journalAdvice(journal.before, boardArguments)) log(line);
    const device = daObk === undefined ? undefined : readDaObk(await readBytes(daObk));
    const before = await provisioning.regressBoard({
      programmer: new Programmer({ ...programmerOptions, log: callLog }),
      journal,
      credential: credential.files,
      holds: credential.contents,
      boardArguments,
      ...(daObk === undefined ? {} : { daObk }),
      ...(device === undefined ? {} : { device }),
      onStep: (step, index, count) => say(`  ${index + 1}/${count} ${step.name.padEnd(16)} ${step.why}`),
    });
    if (options.json === true) printJson({ verdict: before === 'OPEN' ? 'already open' : 'done', board: bench.name, before, productState: 'OPEN', journal: journalPath });
    else say(before === 'OPEN' ? `${bench.name} (${kit.name}): the product state is OPEN already; nothing was done` : `${bench.name} (${kit.name}): ${before} → OPEN, read back`);
    return ExitCode.ok;
  } catch (error) {
    if (interrupted.exitCode === undefined) throw error;
    reportError(new HarnessError({ code: 'interrupted', kind: 'bench', message: 'interrupted', nextStep: 'rot-hil status tells what the board is now', cause: error }), options.json === true);
    return interrupted.exitCode;
  } finally {
    opened.forEach((each) => each.close());
    await board?.dispose();
    interrupted.end();
    discard();
  }
}

async function readBytes(path: string): Promise<Uint8Array> {
  const { readBinaryFile } = await import('./image-file.js');
  return readBinaryFile(path, 0x10000);
}
