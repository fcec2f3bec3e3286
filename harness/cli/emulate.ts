import { readFile } from 'node:fs/promises';
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { InvalidArgumentError, Option } from 'commander';
import type { RamRange } from '../emulator/bare-core.js';
import type { Core } from '../emulator/cpu/core.js';
import type { TakenBranch } from '../emulator/branch-history.js';
import type { StopReason } from '../emulator/ports.js';
import { HarnessError } from '../errors/index.js';
import { hex32, parseNumber } from '../units/index.js';
import { allowUnmodelledOption } from './allow-unmodelled.js';
import { noTranslateOption } from './no-translate.js';
import type { RegisterCommand } from './register.js';
import { action, ExitCode, log, print, printJson } from './io.js';

/** Between two slices signals and output are served. */
const sliceInstructions = 5_000_000;
const largestElf = 256 << 20;

interface EmulateOptions {
  readonly ram?: readonly RamRange[];
  readonly kit?: string;
  readonly input?: string;
  readonly allowUnmodelled?: readonly string[];
  readonly translate: boolean;
  readonly vtor?: number;
  readonly maxInstructions?: number;
  readonly gdb?: number;
  readonly busFaults: 'precise' | 'imprecise';
  readonly json?: boolean;
}

function number(text: string): number {
  const value = parseNumber(text);
  if (value === undefined) throw new InvalidArgumentError('a decimal or 0x number is wanted');
  return value;
}

function portNumber(text: string): number {
  const value = number(text);
  if (value > 0xffff) throw new InvalidArgumentError('a port from 0 to 65535 is wanted');
  return value;
}

function range(text: string, before: readonly RamRange[] = []): readonly RamRange[] {
  const [base, size, ...rest] = text.split(':').map(parseNumber);
  if (base === undefined || size === undefined || rest.length > 0) throw new InvalidArgumentError('<base>:<size> is wanted, both decimal or 0x numbers');
  return [...before, { base, size }];
}

export const registerEmulate: RegisterCommand = (program) => {
  program
    .command('emulate')
    .description('run a bare Cortex-M7 program with Arm semihosting (write, clock, exit), for tests of the core itself; with --kit, a program from its reset vector on the chip, with its console')
    .argument('<elf>', 'ELF file; its lowest load address is the vector table')
    .addOption(new Option('--ram <base:size>', 'RAM, in whole 4 KB pages; may be repeated').argParser(range))
    .option('--kit <id>', "the kit's chip and memories instead of a bare core; its console UART is the program's output")
    .option('--input <text>', 'with --kit: typed on the console; \\r and \\n stand for the control characters')
    .addOption(allowUnmodelledOption('with --kit: '))
    .addOption(noTranslateOption())
    .option('--vtor <address>', 'vector table, if not at the lowest load address', number)
    .option('--max-instructions <n>', 'stop after so many instructions', number)
    .option('--gdb <port>', 'wait for GDB on this port of the loopback interface, halted at the reset vector (0: a free port)', portNumber)
    .addOption(new Option('--bus-faults <kind>', 'bus faults on stores').choices(['imprecise', 'precise']).default('imprecise'))
    .option('--json', 'print one JSON document')
    .action(action((_elf: string, options: EmulateOptions) => options.json === true, emulate));
};

/** What is asked of a bare core and of a chip alike. */
interface Emulated {
  readonly core: Core;
  load(address: number, bytes: Uint8Array): void;
  /** All but the memories to the reset state. */
  reset(): void;
  start(vectorTable: number): void;
  run(maxInstructions: number): StopReason;
  advanceTo(cycle: number): void;
  readonly instructions: number;
  readonly pc: number;
  /** Blocks that were used as storage although the chip's are more than that. */
  readonly unmodelled?: readonly string[];
  /** What the program did that a board would not show. */
  readonly remarks?: readonly string[];
}

/** A longer run is not repeated for its last branches. */
const mostReplayed = 2_000_000_000;

async function emulate(path: string, options: EmulateOptions): Promise<number> {
  const { readElf } = await import('../elf/index.js');
  const file = await readProgram(path);
  const elf = readElf(file);
  const output: Uint8Array[] = [];
  const machine = await emulated(options, (bytes) => {
    if (options.json) output.push(bytes);
    else process.stdout.write(bytes);
  });
  const begin = (on: Emulated): void => {
    for (const { address, bytes } of elf.segments) on.load(address, bytes);
    on.start(options.vtor ?? Math.min(...elf.segments.filter(({ bytes }) => bytes.length > 0).map(({ address }) => address)));
  };
  const restart = (): void => begin(machine);
  restart();

  const started = performance.now();
  const stop = options.gdb === undefined ? await runToEnd(machine, options.maxInstructions ?? Infinity) : await debugged(machine, restart, options.gdb, options.maxInstructions ?? Infinity);
  const seconds = (performance.now() - started) / 1000;
  const { instructions, unmodelled, remarks = [] } = machine;
  const exitCode = stop.kind === 'exit' ? stop.code : null;
  const fault = await faultOf(machine.core, stop, file, options.kit, options.gdb !== undefined || instructions > mostReplayed ? undefined : async () => {
    const { lastBranches } = await import('../emulator/branch-history.js');
    const again = await emulated(options, () => undefined);
    begin(again);
    return lastBranches(again, instructions);
  });
  // A program that sleeps for ever or resets itself ends no other way than one that runs for ever.
  const stopped = stop.kind === 'budget' || stop.kind === 'idle' || stop.kind === 'reset' ? 'limit' : stop.kind;
  if (options.json) {
    printJson({
      exitCode,
      instructions,
      seconds,
      mips: seconds > 0 ? instructions / seconds / 1e6 : 0,
      stdout: Buffer.concat(output).toString('utf8'),
      stopped,
      ...(stop.kind === 'exit' ? {} : { reason: describe(stop), pc: hex32(machine.pc) }),
      ...(unmodelled === undefined ? {} : { unmodelled }),
      ...(remarks.length === 0 ? {} : { remarks }),
      ...(fault === undefined ? {} : { fault: fault.report }),
    });
  } else {
    log(`${instructions} instructions in ${seconds.toFixed(3)} s, ${(instructions / seconds / 1e6).toFixed(1)} MIPS`);
    if (stop.kind === 'exit') print(`exit ${stop.code}`);
    else print(`stopped at ${hex32(machine.pc)}: ${describe(stop)}`);
    if (unmodelled !== undefined && unmodelled.length > 0) print(`used as plain storage because it is not modelled: ${unmodelled.join(', ')}`);
    remarks.forEach((remark) => print(remark));
    fault?.lines.forEach(print);
  }
  return exitCode === 0 ? ExitCode.ok : ExitCode.subject;
}

/** The report of a run that ended in a fault; undefined for any other end. */
async function faultOf(
  core: Core,
  stop: StopReason,
  file: Uint8Array,
  kitId: string | undefined,
  branchesBefore: (() => Promise<readonly TakenBranch[]>) | undefined,
): Promise<{ readonly report: object; readonly lines: readonly string[] } | undefined> {
  const { captureFault } = await import('../emulator/fault-capture.js');
  const captured = stop.kind === 'exit' ? undefined : captureFault(core, stop);
  if (captured === undefined) return undefined;
  const { explainFault, faultText, readLines, readSymbols } = await import('../elf/index.js');
  const { disassembler, placesOf } = await import('./fault-surroundings.js');
  const { loadKit } = await import('../board/index.js');
  const { facts, protection, read } = captured;
  const places = kitId === undefined ? core.bus.banks : placesOf(loadKit(kitId));
  const report = explainFault(facts, { symbols: readSymbols(file), lines: readLines(file), branches: (await branchesBefore?.()) ?? [], read, disassemble: disassembler(read), protection, places });
  return { report, lines: faultText(report) };
}

async function emulated(options: EmulateOptions, onOutput: (bytes: Uint8Array) => void): Promise<Emulated> {
  if (options.kit !== undefined) {
    const { emulatedChip } = await import('./emulate-chip.js');
    return emulatedChip({ ...options, kit: options.kit }, onOutput);
  }
  if (options.ram === undefined || options.input !== undefined || options.allowUnmodelled !== undefined) {
    throw new HarnessError({ code: 'emulate-what', kind: 'usage', message: 'a bare core needs --ram, and takes neither --input nor --allow-unmodelled', nextStep: 'give --ram <base>:<size>, or --kit <id> for a whole chip' });
  }
  const { createBareCore } = await import('../emulator/bare-core.js');
  const machine = createBareCore({ ram: options.ram, busFaults: options.busFaults, translate: options.translate, onOutput });
  const { core } = machine;
  return {
    core,
    load: (address, bytes) => machine.load(address, bytes),
    reset: () => core.reset(),
    start: (vectorTable) => machine.start(vectorTable),
    run: (maxInstructions) => machine.run(maxInstructions),
    advanceTo: (cycle) => core.advanceTo(cycle),
    get instructions() {
      return core.instructions;
    },
    get pc() {
      return core.at;
    },
  };
}

async function readProgram(path: string): Promise<Uint8Array> {
  try {
    const bytes = await readFile(path);
    if (bytes.length <= largestElf) return bytes;
  } catch (error) {
    throw new HarnessError({ code: 'file-unreadable', kind: 'usage', message: `cannot read ${path}: ${(error as Error).message}`, nextStep: 'give the path of an ELF file', cause: error });
  }
  throw new HarnessError({ code: 'file-too-large', kind: 'usage', message: `${path} is larger than 256 MB`, nextStep: 'give the linked application, not an archive' });
}

async function debugged(machine: Emulated, restart: () => void, port: number, limit: number): Promise<StopReason> {
  const { runUnderGdb } = await import('./emulate-gdb.js');
  return runUnderGdb(
    {
      core: machine.core,
      load: (address, bytes) => machine.load(address, bytes),
      run: (maxInstructions) => machine.run(maxInstructions),
      advanceTo: (cycle) => machine.advanceTo(cycle),
      get instructions() {
        return machine.instructions;
      },
      reset() {
        machine.reset();
        restart();
      },
    },
    port,
    limit,
  );
}

/** Runs in slices, so that Ctrl-C works; sleeps are skipped, as nothing outside wakes the core. */
async function runToEnd(machine: Emulated, limit: number): Promise<StopReason> {
  for (;;) {
    const left = limit - machine.instructions;
    const stop = machine.run(Math.min(left, sliceInstructions));
    if (stop.kind === 'idle' && stop.until !== undefined) machine.advanceTo(stop.until);
    else if (stop.kind !== 'budget' || left <= sliceInstructions) return stop;
    await nextTurn();
  }
}

function describe(stop: StopReason): string {
  switch (stop.kind) {
    case 'budget':
      return 'the limit of --max-instructions';
    case 'idle':
      return 'WFI or WFE that nothing can end';
    case 'reset':
      return `a ${stop.cause} reset was asked for`;
    case 'lockup':
      return `lock-up: ${stop.why}`;
    case 'unmodelled':
      return `${stop.what} is not modelled (address ${hex32(stop.address)})`;
    default:
      return `exit ${stop.code}`;
  }
}
