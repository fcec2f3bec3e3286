import { InvalidArgumentError, Option } from 'commander';
import type { FaultFacts } from '../elf/index.js';
import { HarnessError } from '../errors/index.js';
import { parseNumber } from '../units/index.js';
import type { ConfigurationArguments } from './configuration-options.js';
import { addConfigurationOptions } from './configuration-options.js';
import { readBinaryFile } from './image-file.js';
import { action, ExitCode, print, printJson } from './io.js';
import type { RegisterCommand } from './register.js';

const largestElf = 256 << 20;
const registers = ['cfsr', 'hfsr', 'pc', 'lr', 'sp', 'mmfar', 'bfar', 'xpsr', 'exception'] as const;
type Register = (typeof registers)[number];

interface FaultArguments extends ConfigurationArguments, Partial<Record<Register, number>> {
  readonly line?: string;
  readonly unprivileged?: boolean;
  readonly kit: string;
  readonly rotRelease: 'current' | 'ahb-sram2';
  readonly json?: boolean;
}

const explains: Readonly<Record<Register, string>> = {
  cfsr: 'Configurable Fault Status Register, 0xE000ED28',
  hfsr: 'HardFault Status Register, 0xE000ED2C (default: 0)',
  pc: 'stacked program counter',
  lr: 'stacked link register',
  sp: 'stack pointer of the code that faulted',
  mmfar: 'MemManage address, 0xE000ED34; used where CFSR.MMARVALID is set',
  bfar: 'BusFault address, 0xE000ED38; used where CFSR.BFARVALID is set',
  xpsr: 'stacked program status register',
  exception: 'number of the exception that was entered, 3 HardFault to 6 UsageFault',
};

function register(text: string): number {
  const value = parseNumber(text);
  if (value === undefined || value > 0xffffffff) throw new InvalidArgumentError('a decimal or 0x number of 32 bits is wanted');
  return value;
}

/** `rot-hil fault` */
export const registerFault: RegisterCommand = (program) => {
  const command = program
    .command('fault')
    .description("explain a fault of any board: status bits, code around it and calls in the ELF's symbols, and the rule of the root of trust that it broke")
    .argument('<elf>', 'the application that faulted')
    .option('--line <text>', "the fixture's `!fault …` line as the console showed it; the options below come before what it says");
  for (const name of registers) command.addOption(new Option(`--${name} <value>`, explains[name]).argParser(register));
  addConfigurationOptions(command)
    .option('--unprivileged', 'the code that faulted was unprivileged')
    .option('--kit <id>', 'board model, compared without case: names the memories and the rule', 'stm32h7s78-dk')
    .addOption(new Option('--rot-release <release>', 'MPU table of the current OEMiROT_Boot, or of the older one that leaves only AHB SRAM2 open').choices(['current', 'ahb-sram2']).default('current'))
    .option('--json', 'print one JSON document')
    .action(action((_elf: string, args: FaultArguments) => args.json === true, explain));
};

async function explain(path: string, args: FaultArguments): Promise<number> {
  const facts = await factsOf(args);
  const { explainFault, faultText, readElf, readLines, readSymbols } = await import('../elf/index.js');
  const { loadKit } = await import('../board/index.js');
  const { configurationOf, disassembler, elfReader, placesOf, protectionAfterBoot } = await import('./fault-surroundings.js');
  const kit = loadKit(args.kit);
  const bytes = await readBinaryFile(path, largestElf);
  const elf = readElf(bytes);
  const configuration = configurationOf(kit, elf, args);
  const read = elfReader(elf);
  const explanation = explainFault(facts, {
    symbols: readSymbols(bytes),
    lines: readLines(bytes),
    read,
    disassemble: disassembler(read),
    protection: protectionAfterBoot(kit, configuration, args.rotRelease),
    places: placesOf(kit),
  });
  const { bootPath, mode, exec } = configuration;
  if (args.json === true) printJson({ ...explanation, configuration: { kit: kit.id, bootPath, mode, exec } });
  else {
    for (const line of faultText(explanation)) print(line);
    print(`  as configured  ${kit.id}, ${bootPath}, ${mode}, ${exec}`);
  }
  return ExitCode.ok;
}

/** What the options and the line say together. @throws HarnessError `fault-line`, `fault-what` (usage) */
async function factsOf(args: FaultArguments): Promise<FaultFacts> {
  const said = args.line === undefined ? {} : await lineFacts(args.line);
  const given = Object.fromEntries(registers.flatMap((name) => (args[name] === undefined ? [] : [[name, args[name]]]))) as Partial<Record<Register, number>>;
  const { cfsr, hfsr = 0, pc, ...rest } = { ...said, ...given };
  if (cfsr === undefined || pc === undefined) {
    throw new HarnessError({ code: 'fault-what', kind: 'usage', message: 'CFSR and PC of the fault are needed', nextStep: "give --cfsr and --pc, or the fixture's line with --line" });
  }
  return { ...rest, cfsr, hfsr, pc, ...(args.unprivileged === true ? { privileged: false } : {}) };
}

async function lineFacts(line: string): Promise<Partial<Record<Register, number>> & { readonly privileged?: boolean }> {
  const { parseFixtureLine } = await import('../session/fixture-line.js');
  const text = line.trim();
  const parsed = parseFixtureLine(text);
  if (parsed === undefined || parsed === 'corrupt' || parsed.kind !== 'fault') {
    const message = parsed === 'corrupt' ? 'the checksum of the fault line does not match: characters were lost or changed' : "this is not a fault line of the fixture: it begins with '!fault ' and ends in crc=XXXXXXXX";
    throw new HarnessError({ code: 'fault-line', kind: 'usage', message, nextStep: 'copy the whole line from the console log, or give --cfsr, --hfsr and --pc instead' });
  }
  const { fields } = parsed;
  const numbers = registers.flatMap((name) => {
    const value = fields[name] === undefined ? undefined : parseNumber(fields[name]);
    return value === undefined || value > 0xffffffff ? [] : [[name, value] as const];
  });
  const known: Partial<Record<Register, number>> = Object.fromEntries(numbers);
  return { ...known, ...(fields['psr_priv'] === undefined ? {} : { privileged: fields['psr_priv'] !== '0' }) };
}
