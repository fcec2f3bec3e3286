import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { chooseConfiguration, listKits, loadKit } from '../../board/index.js';
import { isHarnessError } from '../../errors/index.js';
import { Programmer } from '../../programmer/index.js';
import type { GuardFinding, PlanBench } from '../../provisioning/index.js';
import { Journal, judgeJournal, provisionBoard, readCredential, readJournalText, regressBoard } from '../../provisioning/index.js';
import { readBoardStatus } from '../../session/index.js';
import type { BoardEntry, FaultName } from '../../virtual-board/index.js';
import { injectVirtualFaults, restoreVirtualBoard, snapshotVirtualBoard, startVirtualBoard, stopVirtualBoard } from '../../virtual-board/index.js';
import { contradictions, truthOf } from './board-truth.js';
import type { PreparedProvisioning, ProvisioningTarget } from './prepared-provisioning.js';
import { prepareProvisioning, targetName } from './prepared-provisioning.js';
import { toolInProcess } from './tool-in-process.js';

/** Every kit × boot path × update mode × execution mode × product state. */
export function everyTarget(): ProvisioningTarget[] {
  return listKits().flatMap((kit) =>
    Object.entries(loadKit(kit).bootPaths).flatMap(([bootPath, path]) =>
      path.layouts.flatMap(({ exec, modes }) =>
        modes.flatMap((mode): ProvisioningTarget[] => {
          const common = { kit, bootPath: bootPath as ProvisioningTarget['bootPath'], mode, exec };
          chooseConfiguration(loadKit(kit), common);
          return [
            ...(bootPath === 'oemirot' ? [{ ...common, state: 'OPEN', method: 'certificate' } as const] : []),
            { ...common, state: 'CLOSED', method: 'certificate' },
            { ...common, state: 'CLOSED', method: 'password' },
            { ...common, state: 'LOCKED', method: 'certificate' },
          ];
        }),
      ),
    ),
  );
}

/** Faults of the virtual board that strike any command and do not hold the tool. */
export const strikingFaults = ['power-loss', 'usb-lost', 'error-exit-0', 'garbage'] as const satisfies readonly FaultName[];
export type StrikingFault = (typeof strikingFaults)[number];

export interface Struck {
  readonly fault: StrikingFault | 'none';
  /** Command of the tool, from 1, each `-c` counted. */
  readonly at: number;
  readonly step: string;
  readonly outcome: 'done' | 'refused with reasons' | 'stopped, recoverable' | 'LOST';
  readonly code: string;
  readonly state: string;
  readonly wrong: readonly string[];
}

/** A virtual board that is provisioned by the driver, the plans, the guard and the journal of `rot-hil provision`, and struck on the way. */
export class StruckBoard {
  readonly #folder = mkdtempSync(join(tmpdir(), 'rh-struck-'));
  readonly prepared: PreparedProvisioning;
  /** What the guard said last. */
  findings: readonly GuardFinding[] = [];
  #board!: BoardEntry;
  #commands = 0;
  #journals = 0;

  private constructor(readonly target: ProvisioningTarget) {
    mkdirSync(join(this.#folder, 'files'));
    process.env['ROT_HIL_RUNTIME_DIR'] = join(this.#folder, 'rt');
    this.prepared = prepareProvisioning(target, join(this.#folder, 'files'));
  }

  static async start(target: ProvisioningTarget): Promise<StruckBoard> {
    const board = new StruckBoard(target);
    const { kit, bootPath, mode, exec } = target;
    board.#board = await startVirtualBoard({ kit, name: 'struck', configuration: { bootPath, mode, exec }, ownerPid: process.pid });
    await snapshotVirtualBoard('struck', join(board.#folder, 'OPEN.snap'));
    return board;
  }

  async close(): Promise<void> {
    await stopVirtualBoard('struck').catch(() => undefined);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Commands that a provisioning without a fault gives the tool. @throws Error unless it is done as planned */
  async count(): Promise<number> {
    const { outcome, code, wrong } = await this.strike('none', 0);
    if (outcome !== 'done' || wrong.length > 0) throw new Error(`${targetName(this.target)} without a fault: ${outcome}, ${code}, ${wrong.join('; ')}`);
    return this.#provisioned;
  }

  #provisioned = 0;

  /** One cell: provisioned from OPEN with a fault at a command, judged by the board itself, and brought back. */
  async strike(fault: Struck['fault'], at: number): Promise<Struck> {
    await restoreVirtualBoard('struck', join(this.#folder, 'OPEN.snap'));
    await injectVirtualFaults('struck', fault === 'none' ? [] : [`${fault}@*:${at}`]);
    const { inputs, kit, configuration } = this.prepared;
    const path = join(this.#folder, `journal-${String((this.#journals += 1))}.jsonl`);
    const journal = new Journal(path);
    const wrong: string[] = [];
    let step = 'before the first step';
    let code = 'ok';
    let outcome: Struck['outcome'] = 'done';
    this.#commands = 0;
    try {
      const { findings } = await provisionBoard({
        programmer: this.#programmer(),
        inputs,
        bench: this.#bench,
        permissions: { productStates: ['CLOSED'], locked: true },
        lockedIsForEver: this.#board.probe.sn,
        journal,
        boardArguments: '--board struck',
        proofPauseMs: 50,
        onStep: ({ name }) => (step = name),
      });
      this.findings = findings;
      step = '-';
    } catch (error) {
      if (!isHarnessError(error)) throw error;
      code = error.code;
      outcome = error.kind === 'guard' ? 'refused with reasons' : 'stopped, recoverable';
      if (error.kind === 'guard' && ((error.fields['reasons'] as readonly string[] | undefined) ?? []).length === 0) wrong.push('refused without a reason');
      if (error.nextStep === '') wrong.push('no next step');
    }
    journal.close();
    this.#provisioned = this.#commands;
    await injectVirtualFaults('struck', []);
    const report = judgeJournal(readJournalText(path));
    const truth = await truthOf('struck', kit, this.#folder);
    if (outcome === 'done' && (truth.productState !== inputs.state || !report.certain || report.unfinished)) wrong.push(`reported done: it is ${truth.productState}, the journal ${report.certain ? 'certain' : 'not certain'}`);
    wrong.push(...report.damage, ...contradictions(truth, this.prepared.planFor(this.#bench), { done: report.done, unknown: report.unknown?.step ?? null }, this.prepared.contents));
    const status = await readBoardStatus(this.#programmer(), { kit, configuration, journal: report, boardArguments: '--board struck' });
    if (status.productState !== truth.productState || status.recoverable !== truth.recoverable) wrong.push(`status says ${status.productState}, recoverable ${String(status.recoverable)}; it is ${truth.productState}, ${String(truth.recoverable)}`);
    if (truth.productState === 'LOCKED' && inputs.state === 'LOCKED') return { fault, at, step, outcome, code, state: truth.productState, wrong };
    if (!truth.recoverable) outcome = 'LOST';
    else wrong.push(...(await this.#notBroughtBack()));
    return { fault, at, step, outcome, code, state: truth.productState, wrong };
  }

  async #notBroughtBack(): Promise<string[]> {
    const { credential, daObk, kit } = this.prepared;
    try {
      await regressBoard({ programmer: this.#programmer(), journal: { append: () => undefined }, credential, holds: readCredential(credential), daObk, boardArguments: '--board struck', proofPauseMs: 50 });
      const { productState } = await truthOf('struck', kit, this.#folder);
      return productState === 'OPEN' ? [] : [`after the regression it is ${productState}`];
    } catch (error) {
      return [`not brought back: ${isHarnessError(error) ? `${error.code}: ${error.message}` : String(error)}`];
    }
  }

  get #bench(): PlanBench {
    const { externalFlash } = this.prepared.kit;
    return { externalLoader: externalFlash.loader, bootLoaderLoader: externalFlash.bootLoaderLoader, bootLoader: { port: this.#board.comPort, baudRate: 921600 } };
  }

  #programmer(): Programmer {
    return new Programmer({ path: 'in this process', sn: this.#board.probe.sn, run: toolInProcess((commands) => (this.#commands += commands)), retries: { count: 2, pauseMs: 20 } });
  }
}

/** What must not be, one line each. */
export function complaints(target: ProvisioningTarget, cells: readonly Struck[]): string[] {
  return cells.flatMap(({ fault, at, step, outcome, code, wrong }) => [...(outcome === 'LOST' ? ['LOST'] : []), ...wrong].map((what) => `${targetName(target)}: ${fault} at command ${at} (${step}, ${code}): ${what}`));
}
