import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import process from 'node:process';
import { Option } from 'commander';
import { HarnessError } from '../errors/index.js';
import type { ConfigurationArguments } from './configuration-options.js';
import { addModeOptions } from './configuration-options.js';
import { interruption } from './interruption.js';
import { action, ExitCode, log, print, printJson } from './io.js';
import { leasedTools } from './leased-tools.js';
import type { BoardArguments } from './board-options.js';
import { addBoardOptions, boardArgumentsOf } from './board-options.js';
import type { RegisterCommand } from './register.js';
import { secretFolder } from './secret-folder.js';
import { seeBoot } from './see-boot.js';

interface InstallArguments extends BoardArguments, Pick<ConfigurationArguments, 'mode' | 'exec'> {
  readonly slot: 'primary' | 'secondary';
  readonly confirm?: boolean;
  readonly configObk?: string;
  readonly json?: boolean;
}

/** `rot-hil install` */
export const registerInstall: RegisterCommand = (program) => {
  addModeOptions(addBoardOptions(program.command('install')))
    .description('put a signed image on a board that is provisioned in product state OPEN, and see it boot')
    .argument('<image>', 'signed image, .bin or .hex')
    .addOption(new Option('--slot <slot>', 'where it goes').choices(['secondary', 'primary']).default('secondary'))
    .option('--confirm', 'swap mode: set image_ok, so that the image needs no confirmation by itself')
    .option('--config-obk <obk>', 'configuration OBKey of the board: the image is judged with its keys before anything is written')
    .option('--json', 'print one JSON document')
    .action(action((_image: string, options: InstallArguments) => options.json === true, install));
};

async function install(image: string, options: InstallArguments): Promise<number> {
  const [{ resolveBoard }, { readBinaryFile }, { CallLog, Programmer }, provisioning, { openConsole }, { readIntelHex }] = await Promise.all([
    import('./resolve-board.js'),
    import('./image-file.js'),
    import('../programmer/index.js'),
    import('../provisioning/index.js'),
    import('../console/index.js'),
    import('../image/index.js'),
  ]);
  const say = options.json === true ? log : print;
  const file = await readBinaryFile(image, 32 << 20);
  const hexFile = extname(image).toLowerCase() === '.hex' ? readIntelHex(new TextDecoder('latin1').decode(file)) : undefined;
  const interrupted = interruption('putting the board away');
  const { path: workDirectory, discard } = secretFolder();
  const opened: { close(): void }[] = [];
  const board = await resolveBoard({ ...options, ...(options.rot === undefined && options.probeSn !== undefined ? { rot: process.execPath } : {}), command: 'rot-hil install', configuration: { bootPath: 'oemirot', mode: options.mode, exec: options.exec }, seed: 1, signal: interrupted.signal });
  try {
    const { bench, configuration } = board;
    const slot = configuration.layout[options.slot];
    if (hexFile !== undefined && hexFile.base !== slot.base) throw refuse('image-address', `${image} begins at ${hexFile.base.toString(16)}, the ${options.slot} slot at ${slot.base.toString(16)}`, 'sign it for this slot (-x), or choose the other one with --slot');
    const given = hexFile?.bytes ?? file;
    if (given.length > slot.size) throw refuse('image-too-large', `${given.length} bytes do not fit into the slot of ${slot.size} bytes`, 'sign the image for this slot');
    const bytes = new Uint8Array(slot.size).fill(0xff);
    bytes.set(given);
    const content = options.confirm === true ? provisioning.confirmed(configuration, bytes) : bytes;
    const verdict = provisioning.judgeImage(configuration, content, options.slot, options.configObk === undefined ? undefined : await readBinaryFile(options.configObk, 0x10000));
    const journalPath = provisioning.journalPath(bench.probe.sn);
    const journal = new provisioning.Journal(journalPath);
    const callLog = new CallLog(join(dirname(journalPath), 'tool-calls.jsonl'));
    opened.push(journal, callLog);
    if (journal.before.unfinished) for (const line of provisioning.journalAdvice(journal.before, boardArgumentsOf(options, bench.name))) log(line);
    const programmer = new Programmer({ path: bench.programmerPath, sn: bench.probe.sn, signal: interrupted.signal, log: callLog, ...leasedTools(board.lease) });
    const { productState } = await provisioning.readBoardState(programmer);
    journal.append({ event: 'state-read', productState });
    if (productState !== 'OPEN') {
      throw new HarnessError({ code: 'not-open', kind: 'usage', message: `the board is ${productState}: its external flash cannot be written from outside`, nextStep: `let the application download the image itself, or bring the board back first: rot-hil regress --board ${bench.name}` });
    }
    const path = join(workDirectory, 'slot.bin');
    writeFileSync(path, content, { mode: 0o600 });
    const console = await openConsole(bench.console);
    try {
      await provisioning.executePlan(programmer, provisioning.planInstall({ configuration, slot: options.slot, file: path, externalLoader: bench.externalLoader }), {
        journal,
        files: { image: createHash('sha256').update(file).digest('hex') },
      });
      const lines = await seeBoot(console, () => programmer.hardReset());
      if (options.json === true) printJson({ verdict: 'installed', board: bench.name, journal: journalPath, slot: options.slot, version: verdict.version, judged: verdict.judged, console: lines });
      else {
        say(`${bench.name}: ${verdict.version} in the ${options.slot} slot${verdict.judged ? ', accepted by the software verifier' : '; not judged: no --config-obk was given'}`);
        for (const line of lines) say(`  | ${line}`);
      }
      return ExitCode.ok;
    } finally {
      await console.close();
    }
  } finally {
    opened.forEach((each) => each.close());
    await board.dispose();
    interrupted.end();
    discard();
  }
}

function refuse(code: string, message: string, nextStep: string): HarnessError {
  return new HarnessError({ code, kind: 'usage', message, nextStep });
}
