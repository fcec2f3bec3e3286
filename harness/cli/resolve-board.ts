import { join, resolve } from 'node:path';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { chooseConfiguration, configurationOnPath, listKits, loadKit, rotConfiguration, type Bench, type Kit, type RotConfiguration, type RotConfigurationChoice } from '../board/index.js';
import { nearest } from '../board/nearest.js';
import { HarnessError, isHarnessError } from '../errors/index.js';
import { benchNamed, checkBenchFiles, findLabFile, rotBinaryFor, localBackend, soleBench, stillRuns, type BoardBackend, type BoardLease, type LabBench, type LabFile, type Permissions, type VirtualLabBench } from '../lab/index.js';
import { beginJournalAnew } from '../provisioning/journal/journal.js';
import type { BoardEntry, StartOptions, StoppedCore } from '../virtual-board/index.js';
import type { BoardArguments } from './board-options.js';
import { packagePath } from './package-files.js';
import { realBenchOf, rotMissing, type BenchDefaults } from './real-bench.js';

/**
 * How a board is named on the command line. Without a name: the only bench of a lab file that was named, else the STM32H7S78-DK.
 */
export interface BoardChoice extends BoardArguments {
  /** Boot path stirot-oemurot: OEMuROT, see `Bench.secondStage`. */
  readonly oemurot?: string;
  /** What is done with the board, for others who want it. */
  readonly command: string;
  /** How long to wait for a board that somebody else has, milliseconds; default 0. */
  readonly leaseWaitMs?: number;
  readonly signal?: AbortSignal;
  /** Told the tool as soon as it is known, before the board is taken: it can be asked for its version meanwhile. */
  readonly onTool?: (programmerPath: string) => void;
  /** Told that a virtual board is about to be started, which takes a while. */
  readonly onBoardStart?: () => void;
  /** What is left out is the kit's default, or what a running virtual board has. */
  readonly configuration: RotConfigurationChoice;
  /** `off`: its root of trust was built without the memory cipher engine. */
  readonly mce?: 'on' | 'off';
  /** Fresh virtual board: noise of its RAMs, its random numbers. */
  readonly seed: number;
  /** Fresh virtual board: blocks of the chip whose unmodelled registers are storage. */
  readonly allowUnmodelled?: readonly string[];
  /** False: fresh virtual boards interpret every instruction. */
  readonly translate?: boolean;
  /** What a real bench has where neither the command line nor its lab file say anything: out of ST's folder. */
  readonly defaults?: (configuration: RotConfiguration) => BenchDefaults;
}

/** What a board says of itself, for the reader of a report. */
export interface BoardCondition {
  /** `running`, `stopped`, `gone`, …: a verb or an adjective of the board. */
  readonly state: string;
  /** Why, in the board's own words; null where nothing is wrong with it. */
  readonly reason: string | null;
  /** Of a core that stopped for good without a word on its console. */
  readonly fault?: StoppedCore;
}

export interface ResolvedBoard {
  readonly bench: Bench;
  readonly kit: Kit;
  readonly configuration: RotConfiguration;
  readonly virtual: boolean;
  /** The board is this process' alone, until `dispose`. */
  readonly lease: BoardLease;
  /** What may be done to it beyond product state OPEN: what its lab file says; nothing to a real board without one. */
  readonly permissions: Permissions;
  /** Its entry in the lab file; undefined for a board that is in none. */
  readonly labBench: LabBench | undefined;
  /** What the board does now; undefined where it cannot be asked without touching it. */
  condition(): Promise<BoardCondition | undefined>;
  /** Ends what was started for it; does nothing for a board that ran already. */
  dispose(): Promise<void>;
}

/** The board where none is named. */
const defaultBoard = 'stm32h7s78-dk';
/** Fresh virtual boards are nobody's: everything that has a way back may be done to them. */
const virtualPermissions: Permissions = { productStates: ['PROVISIONING', 'PROVISIONED', 'CLOSED'], locked: false };
const noPermissions: Permissions = { productStates: [], locked: false };

/**
 * Finds or starts the board that the command line names, and takes it for this process.
 * @throws HarnessError `unknown-board`, `board-version`, `board-unnamed`, `bench-incomplete`, `rot-missing`, `lab-file`, `secret-…` (usage), `lease-held` (bench), and those of the virtual board and of `findProgrammer`
 */
export async function resolveBoard(choice: BoardChoice): Promise<ResolvedBoard> {
  const board = await foundBoard(choice);
  return choice.mce === 'off' ? { ...board, bench: { ...board.bench, memoryCipher: false } } : board;
}

async function foundBoard(choice: BoardChoice): Promise<ResolvedBoard> {
  if (choice.probeSn !== undefined || choice.console !== undefined || choice.tool !== undefined) return realBench(choice);
  const wanted = choice.board?.toLowerCase();
  const kits = listKits();
  if (choice.lab === undefined && (wanted === undefined || kits.includes(wanted))) return freshBoard(choice, wanted ?? defaultBoard);
  const lab = findLabFile(choice.lab);
  if (lab !== undefined) {
    const labBench = wanted === undefined ? soleBench(lab) : benchNamed(lab, wanted);
    if (labBench !== undefined) return benchOfLabFile(choice, lab, labBench);
  }
  if (wanted !== undefined && kits.includes(wanted)) return freshBoard(choice, wanted);
  const { boardOfAnotherVersion, listStrangeBoards, listVirtualBoards } = await import('../virtual-board/index.js');
  const running = listVirtualBoards();
  const entry = running.find((one) => one.name.toLowerCase() === wanted);
  if (entry) {
    const kit = loadKit(entry.kit);
    const configuration = configurationOf(entry, kit, choice.configuration);
    const lease = await leaseOf(choice, entry.name, entry.probe.sn);
    return { bench: benchOf(entry, configuration, choice), kit, configuration, virtual: true, lease, permissions: virtualPermissions, labBench: undefined, condition: () => conditionOf(entry.name), dispose: () => Promise.resolve(lease.release()) };
  }
  const strange = listStrangeBoards().find((one) => one.name.toLowerCase() === wanted);
  if (strange !== undefined) throw boardOfAnotherVersion(strange.name);
  const known = [...(lab?.benches.map(({ name }) => name) ?? []), ...kits, ...running.map((one) => one.name)];
  const guess = nearest(wanted ?? '', known);
  throw new HarnessError({
    code: 'unknown-board',
    kind: 'usage',
    message: `there is no board ${JSON.stringify(choice.board?.slice(0, 100))}${guess === undefined ? '' : `; did you mean ${guess}?`}`,
    nextStep: `name one of ${known.join(', ')}, or describe a real bench with --probe-sn and --console`,
  });
}

function leaseOf(choice: BoardChoice, name: string, sn: string, backend: BoardBackend = localBackend()): Promise<BoardLease> {
  return backend.lease({ board: sn, name, command: choice.command, ...(choice.leaseWaitMs === undefined ? {} : { waitMs: choice.leaseWaitMs }), ...(choice.signal === undefined ? {} : { signal: choice.signal }) });
}

/** What a virtual board is started with beside kit, configuration and seed. */
const freshOptions = ({ allowUnmodelled, translate, mce }: BoardChoice): Partial<Pick<StartOptions, 'allowUnmodelled' | 'translate' | 'cipher'>> => ({
  ...(allowUnmodelled === undefined ? {} : { allowUnmodelled }),
  ...(translate === false ? { translate } : {}),
  ...(mce === 'off' ? { cipher: 'off' } : {}),
});

/** A virtual board of the kit that lives as long as this process wants it, under a name that nobody has. */
async function freshBoard(choice: BoardChoice, kitId: string): Promise<ResolvedBoard> {
  const { startVirtualBoard, toolDirectory } = await import('../virtual-board/index.js');
  const kit = loadKit(kitId);
  // Checked before a process is started for nothing.
  const configuration = chooseConfiguration(kit, choice.configuration);
  const { bootPath, mode, exec } = configuration;
  choice.onTool?.(toolOf(toolDirectory()));
  choice.onBoardStart?.();
  const entry = await startVirtualBoard({ kit: kit.id, configuration: { bootPath, mode, exec }, seed: choice.seed, ...freshOptions(choice), ownerPid: process.pid });
  beginJournalAnew(entry.probe.sn);
  const lease = await leaseOf(choice, entry.name, entry.probe.sn);
  return { bench: benchOf(entry, configuration, choice), kit, configuration, virtual: true, lease, permissions: virtualPermissions, labBench: undefined, condition: () => conditionOf(entry.name), dispose: () => putAway(entry.name, lease) };
}

async function benchOfLabFile(choice: BoardChoice, lab: LabFile, labBench: LabBench): Promise<ResolvedBoard> {
  const kit = loadKit(labBench.kit);
  const configuration = chooseConfiguration(kit, choice.configuration);
  checkBenchFiles(lab, labBench);
  const defaults = labBench.virtual ? {} : (choice.defaults?.(configuration) ?? {});
  const build = rotBinaryFor(labBench.rot, configuration);
  const rot = choice.rot === undefined ? (build?.file ?? defaults.rot) : resolve(choice.rot);
  const secondStage = choice.oemurot === undefined ? build?.secondStage : resolve(choice.oemurot);
  const common = { kit, configuration, permissions: labBench.permissions, labBench };
  if (labBench.virtual) return virtualLabBench(choice, lab, labBench, { ...common, rot, secondStage });
  if (rot === undefined) throw rotMissing(`bench ${labBench.name} has no build of the root of trust for ${configuration.bootPath}, ${configuration.mode}, ${configuration.exec}`, `add it to rot in ${lab.path}:${labBench.line}, or give it with --rot`);
  const lease = await leaseOf(choice, labBench.name, labBench.probeSn, localBackend(lab));
  try {
    const bench = await realBenchOf({ ...labBench, sn: labBench.probeSn, rot, secondStage }, kit, configuration, defaults);
    return { ...common, bench, virtual: false, lease, condition: () => Promise.resolve(undefined), dispose: () => Promise.resolve(lease.release()) };
  } catch (error) {
    lease.release();
    throw error;
  }
}

/** A board of an earlier run whose process was killed ends itself within a second or two. */
const nameFreeMs = 8000;

async function virtualLabBench(
  choice: BoardChoice,
  lab: LabFile,
  labBench: VirtualLabBench,
  { rot, secondStage, ...common }: Pick<ResolvedBoard, 'kit' | 'configuration' | 'permissions' | 'labBench'> & { readonly rot: string | undefined; readonly secondStage: string | undefined },
): Promise<ResolvedBoard> {
  const { listVirtualBoards, probeSerialNumber, startVirtualBoard, toolDirectory } = await import('../virtual-board/index.js');
  const { name, seed } = labBench;
  const { bootPath, mode, exec } = common.configuration;
  choice.onTool?.(toolOf(toolDirectory()));
  const lease = await leaseOf(choice, name, probeSerialNumber(name), localBackend(lab));
  const start = (): Promise<BoardEntry> =>
    startVirtualBoard({ kit: common.kit.id, name, configuration: { bootPath, mode, exec }, seed, ...freshOptions(choice), ownerPid: process.pid });
  try {
    choice.onBoardStart?.();
    const startedAt = performance.now();
    const entry = await start().catch(async function again(error: unknown): Promise<BoardEntry> {
      if (!isHarnessError(error) || error.code !== 'board-name-taken' || performance.now() - startedAt > nameFreeMs || choice.signal?.aborted === true) throw error;
      const other = listVirtualBoards().find((one) => one.name.toLowerCase() === name.toLowerCase());
      // One whose owner died ends itself; others stay.
      if (other !== undefined && (other.owner === undefined || stillRuns({ pid: other.owner.pid, birth: other.owner.birth ?? null }))) throw occupied(other);
      await delay(100);
      return start().catch(again);
    });
    beginJournalAnew(entry.probe.sn);
    return { ...common, bench: benchOf(entry, common.configuration, { ...(rot === undefined ? {} : { rot }), ...(secondStage === undefined ? {} : { oemurot: secondStage }) }), virtual: true, lease, condition: () => conditionOf(name), dispose: () => putAway(name, lease) };
  } catch (error) {
    lease.release();
    throw error;
  }
}

function occupied({ name, kit, pid, owner }: BoardEntry): HarnessError {
  return new HarnessError({
    code: 'board-name-taken',
    kind: 'usage',
    message: `a virtual board ${name} (${kit}) runs already: ${owner === undefined ? `it was started by hand, process ${String(pid)}` : `it belongs to process ${String(owner.pid)}`}; a virtual bench of a lab file is started anew for each run`,
    nextStep: owner === undefined ? `end it: rot-hil virtual stop ${name}` : `wait for the end of process ${String(owner.pid)}; it has another lease folder: give both lab files the same leases`,
    fields: { name, pid },
  });
}

interface RunningBoard {
  readonly name: string;
  readonly kit: string;
  readonly configuration: Required<RotConfigurationChoice>;
  readonly probe: { readonly sn: string };
  readonly console: string;
  readonly comPort: string;
  readonly toolDirectory: string;
  readonly timeFile: string;
}

/** A virtual board has the root of trust that it was started with; on which boot path follows from its state, as on a chip. */
function configurationOf(entry: RunningBoard, kit: Kit, choice: RotConfigurationChoice): RotConfiguration {
  const own = chooseConfiguration(kit, entry.configuration);
  const { bootPath = own.bootPath } = choice;
  const built = configurationOnPath(kit, own, bootPath);
  const other = (['bootPath', 'mode', 'exec'] as const).find((key) => choice[key] !== undefined && choice[key] !== built[key]);
  if (other === undefined) return built;
  const { mode = built.mode, exec = built.exec } = choice;
  // One that the kit does not have at all is told with those that it has.
  rotConfiguration(kit, { bootPath, mode, exec });
  throw new HarnessError({
    code: 'unsupported-configuration',
    kind: 'usage',
    message: `the virtual board ${entry.name} was started as ${own.bootPath}, ${own.mode}, ${own.exec}: it has no root of trust for ${bootPath}, ${mode}, ${exec}`,
    nextStep: `leave the options out, or start a board that has it: rot-hil virtual start --kit ${entry.kit} --name <another> --boot-path ${bootPath} --mode ${mode} --exec ${exec}`,
  });
}

const toolOf = (toolDirectory: string): string => join(toolDirectory, 'STM32_Programmer_CLI');

function benchOf(entry: RunningBoard, configuration: RotConfiguration, { rot, oemurot }: Pick<BoardChoice, 'rot' | 'oemurot'>): Bench {
  const kit = loadKit(entry.kit);
  const virtual = (command: string): string[] => [process.execPath, fileURLToPath(new URL('main.js', import.meta.url)), 'virtual', command, entry.name];
  return {
    name: entry.name,
    kit: kit.id,
    probe: { sn: entry.probe.sn },
    console: { path: entry.console, baudRate: kit.console.baudRate },
    programmerPath: toolOf(entry.toolDirectory),
    externalLoader: kit.externalFlash.loader,
    bootLoaderLoader: kit.externalFlash.bootLoaderLoader,
    bootLoader: { port: entry.comPort, baudRate: 921600 },
    timeFile: entry.timeFile,
    powerSwitch: virtual('power'),
    states: { save: virtual('snapshot'), load: virtual('restore') },
    rotBinary: {
      // A virtual board brings its own root of trust; what is programmed at its place only has to be there.
      path: rot === undefined ? packagePath('firmware-fixtures', 'prebuilt', 'oemirot-placeholder.bin') : resolve(rot),
      address: configuration.path.rotBinary.address,
    },
    ...(oemurot === undefined ? {} : { secondStage: resolve(oemurot) }),
  };
}

/** A lock-up or something that the model lacks looks like silence from outside; the board knows better. */
async function conditionOf(name: string): Promise<BoardCondition> {
  const { virtualBoardFault, virtualBoardLog, virtualBoardStatus } = await import('../virtual-board/index.js');
  try {
    const { state, reason, unmodelled, remarks } = await virtualBoardStatus(name);
    const own = state === 'empty' ? 'its internal flash holds no program' : reason;
    const used = unmodelled.length === 0 ? [] : [`used as plain storage because it is not modelled: ${unmodelled.join(', ')}`];
    const told = [...(own === null ? [] : [own]), ...used, ...remarks];
    const fault = state === 'stopped' ? await virtualBoardFault(name) : null;
    return { state, reason: told.length === 0 ? null : told.join('; '), ...(fault === null ? {} : { fault }) };
  } catch (error) {
    const gone = isHarnessError(error) && error.code === 'no-such-board';
    return gone ? { state: 'gone', reason: `its process has ended: see ${virtualBoardLog(name)}` } : { state: 'silent', reason: `it does not answer: see ${virtualBoardLog(name)}` };
  }
}

/** Ends a virtual board, if it has not ended by itself, and only then gives the lease back. */
async function putAway(name: string, lease: BoardLease): Promise<void> {
  const { listVirtualBoards, stopVirtualBoard } = await import('../virtual-board/index.js');
  try {
    if (listVirtualBoards().some((one) => one.name === name)) await stopVirtualBoard(name);
  } finally {
    lease.release();
  }
}

async function realBench(choice: BoardChoice): Promise<ResolvedBoard> {
  if (choice.probeSn === undefined || choice.console === undefined) {
    throw new HarnessError({
      code: 'bench-incomplete',
      kind: 'usage',
      message: 'a real bench needs both --probe-sn and --console',
      nextStep: '`rot-hil boards` shows the probes and serial ports that are attached',
    });
  }
  const name = choice.board ?? defaultBoard;
  const kit = loadKit(choice.kit ?? name);
  const configuration = chooseConfiguration(kit, choice.configuration);
  const defaults = choice.defaults?.(configuration) ?? {};
  const rot = choice.rot ?? defaults.rot;
  if (rot === undefined) throw rotMissing('a real board needs its root of trust', "give your own build's OEMiROT_Boot.bin with --rot");
  const bench = await realBenchOf({ name, sn: choice.probeSn, console: { path: choice.console, baudRate: kit.console.baudRate }, rot: resolve(rot), secondStage: choice.oemurot === undefined ? undefined : resolve(choice.oemurot), ...(choice.tool === undefined ? {} : { tool: choice.tool }) }, kit, configuration, defaults);
  const lease = await leaseOf(choice, name, choice.probeSn);
  return { bench, kit, configuration, virtual: false, lease, permissions: noPermissions, labBench: undefined, condition: () => Promise.resolve(undefined), dispose: () => Promise.resolve(lease.release()) };
}
