import { join } from 'node:path';
import { listKits, loadKit, type Kit, type RotConfigurationChoice } from '../board/index.js';
import { HarnessError } from '../errors/index.js';
import type { ProbeArguments } from './board-options.js';
import { benchNamed, benchOfLab, findLabFile, soleBench, type LabBench, type LabFile } from '../lab/index.js';

export interface ResolvedProbe {
  readonly name: string;
  readonly kit: Kit;
  readonly sn: string;
  readonly programmerPath: string;
  /** null when no serial port is known for it. */
  readonly console: string | null;
  /** Its entry in the lab file; undefined for a board that is in none. */
  readonly labBench?: LabBench;
  /** Which root of trust it has; undefined where nothing tells. */
  readonly configuration?: RotConfigurationChoice;
  /** Where its leases are; undefined: this user's runtime folder. */
  readonly leases?: string;
}

/**
 * Finds the board that the command line names: a running virtual board, or one behind an attached ST-LINK. Nothing is started.
 * @throws HarnessError `unknown-board`, `several-boards`, `kit-unknown`, `unknown-kit` (usage), `no-board`, `tool-missing`, `probe-missing` (bench)
 */
export async function resolveProbe(choice: ProbeArguments): Promise<ResolvedProbe> {
  const { listVirtualBoards } = await import('../virtual-board/index.js');
  const wanted = choice.board?.toLowerCase();
  const real = choice.probeSn !== undefined || choice.tool !== undefined;
  const running = real ? [] : listVirtualBoards();
  const virtual = running.map((entry): ResolvedProbe => ({
    name: entry.name,
    kit: loadKit(entry.kit),
    sn: entry.probe.sn,
    programmerPath: join(entry.toolDirectory, 'STM32_Programmer_CLI'),
    console: choice.console ?? entry.console,
    configuration: entry.configuration,
  }));
  const named = virtual.find(({ name }) => name.toLowerCase() === wanted);
  const lab = real || (choice.lab === undefined && (wanted === undefined || listKits().includes(wanted))) ? undefined : findLabFile(choice.lab);
  const labBench = lab === undefined ? undefined : wanted === undefined ? soleBench(lab) : choice.lab === undefined ? benchNamed(lab, wanted) : benchOfLab(lab, wanted);
  if (lab !== undefined && labBench !== undefined) return inLab(lab, labBench, virtual, choice);
  if (named !== undefined) return named;

  const kitNamed = choice.kit ?? (wanted !== undefined && listKits().includes(wanted) ? wanted : undefined);
  const { probes, problem } = await attachedProbes(choice, kitNamed);
  // With the drop-in tool on PATH a virtual board's probe is seen as an attached one too.
  const others = probes.filter(({ sn }) => !virtual.some((one) => one.sn === sn));
  const candidates = [...virtual, ...others].filter(({ kit }) => kitNamed === undefined || kit.id === kitNamed.toLowerCase());
  if (wanted !== undefined && kitNamed === undefined && !real) {
    throw usage('unknown-board', `there is no board ${JSON.stringify(choice.board!.slice(0, 100))}`, `name one of ${[...candidates.map(({ name }) => name), ...listKits()].join(', ')}, or give --probe-sn`);
  }
  const [only, second] = candidates;
  if (only === undefined) throw problem ?? bench('no-board', 'no board is attached', 'connect one (rot-hil boards shows what is seen), or start a virtual one: rot-hil virtual start --kit stm32h7s78-dk');
  if (second !== undefined) throw usage('several-boards', `${candidates.length} boards are attached`, `choose one: ${candidates.map(({ name, sn }) => `--board ${name} or --probe-sn ${sn}`).join('; ')}`);
  return only;
}

async function inLab(lab: LabFile, labBench: LabBench, running: readonly ResolvedProbe[], choice: ProbeArguments): Promise<ResolvedProbe> {
  const common = { labBench, ...(lab.leases === undefined ? {} : { leases: lab.leases }) };
  if (labBench.virtual) {
    const found = running.find(({ name }) => name.toLowerCase() === labBench.name.toLowerCase());
    if (found !== undefined) return { ...found, ...common };
    throw usage('virtual-board-stopped', `the virtual board ${labBench.name} runs only while something is run on it`, `start it: rot-hil virtual start --kit ${labBench.kit} --name ${labBench.name}`);
  }
  const { findProgrammer } = await import('../programmer/index.js');
  const { name, kit, probeSn, tool, console } = labBench;
  return { ...common, name, kit: loadKit(kit), sn: probeSn, programmerPath: findProgrammer(tool === undefined ? {} : { path: tool }), console: choice.console ?? console.path };
}

/** The boards behind attached probes; `problem`: why none could be looked for. */
async function attachedProbes(choice: ProbeArguments, kitNamed: string | undefined): Promise<{ probes: ResolvedProbe[]; problem?: HarnessError }> {
  const { discover, sameSerialNumber } = await import('../lab/index.js');
  const { tool, probes, problems } = await discover(choice.tool === undefined ? {} : { tool: choice.tool });
  const problem = problems.find(({ code }) => code !== 'ports-unlisted');
  if (tool === null) return { probes: [], ...(problem === undefined ? {} : { problem }) };
  const chosen = choice.probeSn === undefined ? probes : probes.filter(({ sn }) => sameSerialNumber(sn, choice.probeSn!));
  if (choice.probeSn !== undefined && chosen.length === 0) {
    throw bench('probe-missing', `no ST-LINK with the serial number ${choice.probeSn.slice(0, 80)} is attached`, 'rot-hil boards shows those that are');
  }
  const boards = chosen.map((probe) => {
    const kit = kitNamed ?? probe.kit ?? soleKit();
    return { name: choice.board ?? kit, kit: loadKit(kit), sn: probe.sn, programmerPath: tool.path, console: choice.console ?? probe.port };
  });
  return { probes: boards };
}

function soleKit(): string {
  const kits = listKits();
  const [only] = kits;
  if (only !== undefined && kits.length === 1) return only;
  throw usage('kit-unknown', 'the probe does not tell which board it is connected to', `give --kit: ${kits.join(' or ')}`);
}

function bench(code: string, message: string, nextStep: string): HarnessError {
  return new HarnessError({ code, kind: 'bench', message, nextStep });
}

function usage(code: string, message: string, nextStep: string): HarnessError {
  return new HarnessError({ code, kind: 'usage', message, nextStep });
}
