import { explainingFinding } from '../app-check/index.js';
import type { Finding } from '../app-check/index.js';
import { imageModeOf, loadKit, stirotSlots } from '../board/index.js';
import type { Kit, RotConfiguration } from '../board/index.js';
import { explainFault, faultText, isElf, readSymbols, SymbolTable } from '../elf/index.js';
import type { FaultExplanation } from '../elf/index.js';
import { HarnessError } from '../errors/index.js';
import { readIntelHex, signImage } from '../image/index.js';
import { deriveKeyPair, seededRandom } from '../keys/index.js';
import { derivedContents } from '../provisioning/derived-contents.js';
import type { FileContents } from '../provisioning/files.js';
import { readApplication } from '../session/application.js';
import { Trial } from '../virtual-board/trial/trial.js';
import type { TrialEnd, TrialLine } from '../virtual-board/trial/trial.js';
import { runCheck } from './check-run.js';
import type { CheckedSubject } from './check-arguments.js';
import { configurationForTrial } from './check-configuration.js';
import { disassembler, placesOf } from './fault-surroundings.js';
import { readBinaryFile } from './image-file.js';
import type { TryArguments } from './try-arguments.js';

const largestFile = 256 << 20;
/** A device on which STiRoT starts something: NVSTATE, OEM_PROVD and DBG_AUTH of CLOSED (stm32h7rsxx_hal_flash_ex.h). */
const closed = { NVSTATE: 0x51, OEM_PROVD: 0xb4, DBG_AUTH: 0x51 } as const;
/** The order in which keys and data are provisioned. */
const obkNames = ['hardware-keys', 'first-config', 'first-data', 'config', 'data'] as const;
const firstLines = 12;

export interface TryResult {
  readonly boots: boolean;
  readonly document: object;
  /** The verdict for a person. */
  readonly lines: readonly string[];
}

/** Checks, signs, installs, boots. @throws HarnessError (usage) for files and configurations that cannot be */
export async function runTrial(path: string, args: TryArguments, expect: RegExp | undefined, onLine: (line: TrialLine) => void): Promise<TryResult> {
  const kit = loadKit(args.kit);
  const file = await readBinaryFile(path, largestFile);
  const configuration = await configurationForTrial(kit, file, path, args);
  const [checked] = await runCheck(path, { ...args, bootPath: configuration.bootPath, mode: configuration.mode, exec: configuration.exec, itcmShare: 0, dtcmShare: 0, failOn: 'error' });
  const console: TrialLine[] = [];
  const boards = { kit, configuration, args };
  const { trial, sign } = provisioned(boards, (line) => {
    console.push(line);
    onLine(line);
  });
  const { secondary } = configuration.layout;
  const symbols = isElf(file) ? readSymbols(file) : new SymbolTable([]);
  const main = symbols.named('main')?.address;
  const image = sign(applicationBytes(path, configuration, checked), args.swapFrom === undefined ? '1.0.0' : '2.0.0', args.confirm === true);
  if (args.swapFrom !== undefined) {
    trial.write(secondary.base, secondary.size, sign(applicationBytes(args.swapFrom, configuration, undefined), '1.0.0', true));
    const first = trial.run('power-on', { forSeconds: Math.min(args.for, 0.2) });
    if (first.kind === 'no-image' || first.kind === 'rot-stopped') throw new HarnessError({ code: 'swap-from', kind: 'subject', message: `${args.swapFrom} does not boot itself: ${first.why}`, nextStep: `try it alone: rot-hil try ${args.swapFrom}` });
    console.length = 0;
  }
  trial.write(secondary.base, secondary.size, image);
  const request = { forSeconds: args.for, ...(expect === undefined ? {} : { expect }), ...(main === undefined ? {} : { main }), ...(args.input === undefined ? {} : { input: Buffer.from(unescaped(args.input), 'latin1') }) };
  const end = trial.run('power-on', request);
  const again = args.confirm !== true && configuration.mode === 'swap' && args.swapFrom !== undefined && ranOn(end) ? nextStart(trial, args) : undefined;
  return report({ path, kit, configuration, checked: checked!, end, console, symbols, file, expect, again });
}

const ranOn = ({ kind }: TrialEnd): boolean => kind === 'time' || kind === 'expected';

function unescaped(text: string): string {
  return text.replaceAll('\\r', '\r').replaceAll('\\n', '\n');
}

/** What boots after one more reset: an update that did not confirm itself is reverted. */
function nextStart(trial: Trial, { for: seconds }: TryArguments): string | undefined {
  const seen: string[] = [];
  const end = trial.run('pin', { forSeconds: Math.min(seconds, 0.05), onRotLine: (line) => seen.push(line) });
  const type = seen.findLast((line) => line.startsWith('[INF] Swap type'))?.split(': ')[1];
  if (!ranOn(end)) return `at the next reset: ${end.why}`;
  return type === 'revert' ? 'at the next reset the root of trust reverts to the old one: it did not confirm itself' : 'at the next reset it stays: it confirmed itself';
}

function applicationBytes(path: string, configuration: RotConfiguration, checked: CheckedSubject | undefined): Uint8Array {
  try {
    return readApplication(path, configuration).payload;
  } catch (error) {
    const first = checked?.report.findings.find(({ severity }) => severity === 'error');
    if (!(error instanceof HarnessError) || first === undefined) throw error;
    throw new HarnessError({ code: error.code, kind: 'subject', message: `${path} cannot become an image: ${error.message}`, nextStep: `${first.rule}: ${first.fix}`, fields: { rule: first.rule }, cause: error });
  }
}

/** A board with throw-away keys, and what signs images for it. */
function provisioned({ kit, configuration, args }: { readonly kit: Kit; readonly configuration: RotConfiguration; readonly args: TryArguments }, onLine: (line: TrialLine) => void): { readonly trial: Trial; readonly sign: (payload: Uint8Array, version: string, confirm: boolean) => Uint8Array } {
  const seed = `try ${String(args.seed)}`;
  const keys = { authentication: deriveKeyPair(seed, 'authentication'), encryption: deriveKeyPair(seed, 'encryption') };
  const open = configuration.bootPath === 'oemirot';
  const contents: FileContents = derivedContents({ kit, configuration, state: open ? 'OPEN' : 'CLOSED', method: 'certificate', seed, keys, rot: new Uint8Array(4096), oemurot: new Uint8Array(4096) });
  const bytes = (name: (typeof obkNames)[number]): readonly Uint8Array[] => {
    const content = contents[name];
    return content === undefined ? [] : [typeof content === 'string' ? Buffer.from(content) : content];
  };
  const trial = new Trial({ kit, configuration, obks: obkNames.flatMap(bytes), seed: args.seed, release: args.rotRelease, onLine, ...(open ? {} : { optionBytes: closed }), ...(args.allowUnmodelled === undefined ? {} : { allowUnmodelled: args.allowUnmodelled }) });
  const slots = stirotSlots(configuration);
  if (configuration.bootPath === 'stirot-oemurot' && slots !== undefined && contents.oemurot !== undefined) {
    const oemurot = readIntelHex(Buffer.from(contents.oemurot).toString('latin1'));
    trial.write(slots.secondary.base, slots.secondary.size, oemurot.bytes);
  }
  const { path, layout } = configuration;
  const sign = (payload: Uint8Array, version: string, confirm: boolean): Uint8Array =>
    signImage(payload, {
      mode: imageModeOf(configuration),
      version,
      securityCounter: 'auto',
      headerSize: path.headerSize,
      slotSize: layout.secondary.size,
      align: path.programUnit,
      maxAlign: path.maxAlign,
      pad: true,
      confirm: confirm && configuration.mode === 'swap',
      signKey: keys.authentication.privateKey,
      encryptionKey: keys.encryption.publicKey,
      random: seededRandom(seed, version),
    });
  return { trial, sign };
}

interface Outcome {
  readonly path: string;
  readonly kit: Kit;
  readonly configuration: RotConfiguration;
  readonly checked: CheckedSubject;
  readonly end: TrialEnd;
  readonly console: readonly TrialLine[];
  readonly symbols: SymbolTable;
  readonly file: Uint8Array;
  readonly expect: RegExp | undefined;
  readonly again: string | undefined;
}

function report({ kit, configuration, checked, end, console, symbols, expect, again }: Outcome): TryResult {
  const boots = end.kind === 'expected' || (end.kind === 'time' && expect === undefined);
  const fault = end.fault === undefined ? undefined : explained(end, symbols, kit);
  const cause = boots ? undefined : why(checked.report.findings, end, fault);
  const own = console.filter(({ from }) => from === 'application');
  const verdict = boots ? 'boots' : end.kind === 'time' ? 'silent' : 'stopped';
  const reason = end.kind === 'time' && !boots ? `no line matched ${String(expect)} within ${seconds(end.seconds)} of board time` : end.why;
  const block = end.kind === 'unmodelled' ? /^(\S+) \+0x/.exec(end.why)?.[1] : undefined;
  const { bootPath, mode, exec } = configuration;
  const errors = checked.report.findings.filter(({ severity }) => severity === 'error').length;
  const lines = [
    '',
    `${boots ? 'boots' : 'does not boot'}: ${kit.id}, ${bootPath}, ${mode}, ${exec}`,
    ...(end.mainSeconds === undefined ? [] : [`  main      ${seconds(end.mainSeconds)} after its first instruction (board time)`]),
    `  ran       ${seconds(end.seconds)} of board time${end.resets === 0 ? '' : `, ${String(end.resets)} resets of its own`}, ${String(own.length)} lines on ${kit.console.uart}`,
    ...(boots ? (end.remarks ?? []).map((remark) => `  note      ${remark}`) : [`  stopped   ${reason}`]),
    ...(block === undefined ? [] : [`  next      --allow-unmodelled ${block}: its registers as plain storage, which answers nothing`]),
    ...(again === undefined ? [] : [`  update    ${again}`]),
    ...(errors > 0 && boots ? [`  check     ${String(errors)} error${errors === 1 ? '' : 's'} all the same: rot-hil check tells them`] : []),
    ...(cause === undefined ? [] : [`  rule      ${cause.rule}: ${cause.why}`, `  fix       ${cause.fix}`]),
    ...(fault === undefined ? [] : ['', ...faultText(fault)]),
  ];
  const document = {
    verdict,
    reason,
    configuration: { kit: kit.id, bootPath, mode, exec },
    console: own.slice(0, firstLines).map(({ text }) => text),
    rot: console.filter(({ from }) => from === 'rot').map(({ text }) => text),
    mainSeconds: end.mainSeconds ?? null,
    seconds: end.seconds,
    resets: end.resets,
    remarks: end.remarks ?? [],
    update: again ?? null,
    rule: cause ?? null,
    fault: fault ?? null,
    check: { verdict: checked.report.verdict, findings: checked.report.findings },
  };
  return { boots, document, lines };
}

const seconds = (value: number): string => (value < 0.001 ? `${(value * 1e6).toFixed(1)} µs` : value < 1 ? `${(value * 1000).toFixed(1)} ms` : `${value.toFixed(3)} s`);

function explained(end: TrialEnd, symbols: SymbolTable, kit: Kit): FaultExplanation {
  const { facts, protection, read } = end.fault!;
  return explainFault(facts, { symbols, read, ...(end.branches === undefined ? {} : { branches: end.branches }), disassemble: disassembler(read), protection, places: placesOf(kit) });
}

function why(findings: readonly Finding[], end: TrialEnd, fault: FaultExplanation | undefined): Finding | undefined {
  if (end.kind === 'time') return undefined;
  const facts = end.fault?.facts;
  return explainingFinding(findings, facts === undefined ? undefined : { cfsr: facts.cfsr, pc: facts.pc, address: fault?.address === null || fault === undefined ? undefined : Number(fault.address.value) });
}

