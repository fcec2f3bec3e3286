import { basename, dirname, join, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { chooseConfiguration, listKits, loadKit, type Bench, type Kit, type RotConfiguration, type RotConfigurationChoice } from '../board/index.js';
import { nearest } from '../board/nearest.js';
import { HarnessError, isHarnessError } from '../errors/index.js';
import { packagePath } from './package-files.js';

/** How a board is named on the command line. */
export interface BoardChoice {
  /** A kit (= a fresh virtual board), a running virtual board, or a name for the bench that the other fields describe. */
  readonly board: string;
  /** Real bench: serial number of its ST-LINK. */
  readonly probeSn?: string;
  /** Real bench: path of the serial port. */
  readonly console?: string;
  /** Real bench: STM32_Programmer_CLI or its folder; default: found as STM32CubeProgrammer is installed. */
  readonly tool?: string;
  /** Real bench: kit, where `board` is a name of the user's. */
  readonly kit?: string;
  /** The root of trust to be programmed, a .bin file. */
  readonly rot?: string;
  /** What is left out is the kit's default, or what a running virtual board has. */
  readonly configuration: RotConfigurationChoice;
  /** Fresh virtual board: noise of its RAMs, its random numbers. */
  readonly seed: number;
  /** Fresh virtual board: blocks of the chip whose unmodelled registers are storage. */
  readonly allowUnmodelled?: readonly string[];
}

/** What a board says of itself, for the reader of a report. */
export interface BoardCondition {
  /** `running`, `stopped`, `gone`, …: a verb or an adjective of the board. */
  readonly state: string;
  /** Why, in the board's own words; null where nothing is wrong with it. */
  readonly reason: string | null;
}

export interface ResolvedBoard {
  readonly bench: Bench;
  readonly kit: Kit;
  readonly configuration: RotConfiguration;
  readonly virtual: boolean;
  /** What the board does now; undefined where it cannot be asked without touching it. */
  condition(): Promise<BoardCondition | undefined>;
  /** Ends what was started for it; does nothing for a board that ran already. */
  dispose(): Promise<void>;
}

/**
 * Finds or starts the board that the command line names.
 * @throws HarnessError `unknown-board`, `bench-incomplete`, `rot-missing` (usage), and those of the virtual board and of `findProgrammer`
 */
export async function resolveBoard(choice: BoardChoice): Promise<ResolvedBoard> {
  if (choice.probeSn !== undefined || choice.console !== undefined || choice.tool !== undefined) return realBench(choice);
  const { listVirtualBoards, startVirtualBoard, stopVirtualBoard } = await import('../virtual-board/index.js');
  const wanted = choice.board.toLowerCase();
  const kits = listKits();
  if (kits.includes(wanted)) {
    const kit = loadKit(wanted);
    // Checked before a process is started for nothing.
    const configuration = chooseConfiguration(kit, choice.configuration);
    const { bootPath, mode, exec } = configuration;
    const entry = await startVirtualBoard({ kit: kit.id, configuration: { bootPath, mode, exec }, seed: choice.seed, ...(choice.allowUnmodelled === undefined ? {} : { allowUnmodelled: choice.allowUnmodelled }), ownerPid: process.pid });
    return { bench: benchOf(entry, configuration, choice), kit, configuration, virtual: true, condition: () => conditionOf(entry.name), dispose: () => stopIfRunning(entry.name, stopVirtualBoard, listVirtualBoards) };
  }
  const running = listVirtualBoards();
  const entry = running.find((one) => one.name.toLowerCase() === wanted);
  if (entry) {
    const kit = loadKit(entry.kit);
    const configuration = configurationOf(entry, kit, choice.configuration);
    return { bench: benchOf(entry, configuration, choice), kit, configuration, virtual: true, condition: () => conditionOf(entry.name), dispose: () => Promise.resolve() };
  }
  const known = [...kits, ...running.map((one) => one.name)];
  const guess = nearest(wanted, known);
  throw new HarnessError({
    code: 'unknown-board',
    kind: 'usage',
    message: `there is no board ${JSON.stringify(choice.board.slice(0, 100))}${guess === undefined ? '' : `; did you mean ${guess}?`}`,
    nextStep: `name one of ${known.join(', ')}, or describe a real bench with --probe-sn and --console`,
  });
}

interface RunningBoard {
  readonly name: string;
  readonly kit: string;
  readonly configuration: Required<RotConfigurationChoice>;
  readonly probe: { readonly sn: string };
  readonly console: string;
  readonly toolDirectory: string;
}

/** A virtual board has the root of trust that it was started with. */
function configurationOf(entry: RunningBoard, kit: Kit, choice: RotConfigurationChoice): RotConfiguration {
  const own = entry.configuration;
  const other = (['bootPath', 'mode', 'exec'] as const).find((key) => choice[key] !== undefined && choice[key] !== own[key]);
  if (other === undefined) return chooseConfiguration(kit, own);
  throw new HarnessError({
    code: 'unsupported-configuration',
    kind: 'usage',
    message: `the virtual board ${entry.name} was started as ${own.bootPath}, ${own.mode}, ${own.exec}, not with ${String(choice[other])}`,
    nextStep: 'leave the option out, or start another board with it (rot-hil virtual start)',
  });
}

function benchOf(entry: RunningBoard, configuration: RotConfiguration, choice: BoardChoice): Bench {
  const kit = loadKit(entry.kit);
  return {
    name: entry.name,
    kit: kit.id,
    probe: { sn: entry.probe.sn },
    console: { path: entry.console, baudRate: kit.console.baudRate },
    programmerPath: join(entry.toolDirectory, 'STM32_Programmer_CLI'),
    externalLoader: kit.externalFlash.loader,
    powerSwitch: [process.execPath, fileURLToPath(new URL('main.js', import.meta.url)), 'virtual', 'power', entry.name],
    rotBinary: {
      // A virtual board brings its own root of trust; what is programmed at its place only has to be there.
      path: choice.rot === undefined ? packagePath('firmware-fixtures', 'prebuilt', 'oemirot-placeholder.bin') : resolve(choice.rot),
      address: configuration.path.rotBinary.address,
    },
  };
}

/** A lock-up or something that the model lacks looks like silence from outside; the board knows better. */
async function conditionOf(name: string): Promise<BoardCondition> {
  const { virtualBoardLog, virtualBoardStatus } = await import('../virtual-board/index.js');
  try {
    const { state, reason, unmodelled } = await virtualBoardStatus(name);
    const own = state === 'empty' ? 'its internal flash holds no program' : reason;
    if (unmodelled.length === 0) return { state, reason: own };
    const used = `used as plain storage because it is not modelled: ${unmodelled.join(', ')}`;
    return { state, reason: own === null ? used : `${own}; ${used}` };
  } catch (error) {
    const gone = isHarnessError(error) && error.code === 'no-such-board';
    return gone ? { state: 'gone', reason: `its process has ended: see ${virtualBoardLog(name)}` } : { state: 'silent', reason: `it does not answer: see ${virtualBoardLog(name)}` };
  }
}

async function stopIfRunning(name: string, stop: (name: string) => Promise<void>, list: () => readonly { readonly name: string }[]): Promise<void> {
  if (list().some((one) => one.name === name)) await stop(name);
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
  if (choice.rot === undefined) {
    throw new HarnessError({
      code: 'rot-missing',
      kind: 'usage',
      message: 'a real board needs its root of trust',
      nextStep: "give your own build's OEMiROT_Boot.bin with --rot",
    });
  }
  const kit = loadKit(choice.kit ?? choice.board);
  const configuration = chooseConfiguration(kit, choice.configuration);
  const { findProgrammer } = await import('../programmer/index.js');
  const programmerPath = findProgrammer(choice.tool === undefined ? {} : { path: choice.tool });
  const bench: Bench = {
    name: choice.board,
    kit: kit.id,
    probe: { sn: choice.probeSn },
    console: { path: choice.console, baudRate: kit.console.baudRate },
    programmerPath,
    externalLoader: loaderPath(programmerPath, kit.externalFlash.loader),
    rotBinary: { path: resolve(choice.rot), address: configuration.path.rotBinary.address },
    provisioningPauses: true,
  };
  return { bench, kit, configuration, virtual: false, condition: () => Promise.resolve(undefined), dispose: () => Promise.resolve() };
}

/** STM32CubeProgrammer keeps its loaders beside its program, and `-el` wants the path (UM2237, section 3.2.3). */
function loaderPath(programmerPath: string, loader: string): string {
  return join(dirname(programmerPath), 'ExternalLoader', basename(loader));
}
