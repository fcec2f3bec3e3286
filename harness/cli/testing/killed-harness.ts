import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import type { JournalReport, Plan } from '../../provisioning/index.js';
import { judgeJournal, journalPath, planRegression, readJournalText } from '../../provisioning/index.js';
import { injectVirtualFaults, restoreVirtualBoard, snapshotVirtualBoard, startVirtualBoard, stopVirtualBoard, virtualBoardLog } from '../../virtual-board/index.js';
import type { BoardEntry } from '../../virtual-board/index.js';
import type { BoardTruth } from './board-truth.js';
import { contradictions, truthOf } from './board-truth.js';
import type { PreparedProvisioning, ProvisioningTarget } from './prepared-provisioning.js';
import { prepareProvisioning, targetName } from './prepared-provisioning.js';

const main = fileURLToPath(new URL('../../../dist/harness/cli/main.js', import.meta.url));

/** `begun`: as soon as the journal says that the step begins · `amid`: while its call is made · `ended`: as soon as it says that the step has ended. */
export type KillMoment = 'begun' | 'amid' | 'ended';

export interface KillPoint {
  readonly command: 'provision' | 'regress';
  readonly step: string;
  readonly moment: KillMoment;
}

/** What came of one kill. */
export interface Killed extends KillPoint {
  /** Last line of the journal after the kill. */
  readonly at: string;
  readonly state: string;
  readonly uncertain: boolean;
  /** Anything that must not be. */
  readonly wrong: readonly string[];
}

export interface StatusDocument {
  readonly productState: string;
  readonly recoverable: boolean;
  readonly why: readonly string[];
  readonly journal: { readonly lastStep: string | null; readonly certain: boolean };
}

/** How far into a call `amid` strikes, ms: the tool takes 100 to 400 ms. */
const amidMs = [30, 80, 130, 200];

/** A virtual board, `rot-hil provision` and `rot-hil regress` as processes, and kill -9. */
export class KilledHarness {
  readonly folder = mkdtempSync(join(tmpdir(), 'rh-kill-'));
  readonly prepared: PreparedProvisioning;
  #board!: BoardEntry;
  #count = 0;
  #state = '';
  /** Journal of the provisioning whose end `closed` is. */
  #closedJournal = '';

  private constructor(readonly target: ProvisioningTarget) {
    for (const name of ['files', 'tmp', 'desk']) mkdirSync(join(this.folder, name));
    process.env['ROT_HIL_RUNTIME_DIR'] = join(this.folder, 'rt');
    this.prepared = prepareProvisioning(target, join(this.folder, 'files'));
  }

  static async start(target: ProvisioningTarget): Promise<KilledHarness> {
    if (!existsSync(main)) throw new Error('build first: npm run build');
    const rig = new KilledHarness(target);
    const { kit, bootPath, mode, exec } = target;
    rig.#board = await startVirtualBoard({ kit, name: 'killed', configuration: { bootPath, mode, exec }, ownerPid: process.pid });
    await snapshotVirtualBoard('killed', join(rig.folder, 'OPEN.snap'));
    return rig;
  }

  async close(): Promise<void> {
    await stopVirtualBoard('killed').catch(() => undefined);
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** The steps of a command, in order. */
  steps(command: KillPoint['command']): string[] {
    return this.#plan(command).steps.map(({ name }) => name);
  }

  /** Every point at which it can be killed. */
  points(command: KillPoint['command']): KillPoint[] {
    return this.steps(command).flatMap((step) => (['begun', 'amid', 'ended'] as const).map((moment) => ({ command, step, moment })));
  }

  /** Kills the harness there and asks `status`; of a kill amid a call also tries `provision` again and brings the board back. The board itself is the judge each time. */
  async kill(point: KillPoint): Promise<Killed> {
    await this.#begin(point.command);
    const child = this.#start(...this.#words(point.command));
    await this.#reached(point, () => child.exitCode !== null && child.exitCode !== undefined);
    child.kill('SIGKILL');
    const { signal } = await child;
    const text = this.#journal() ?? '';
    // Behind the last step of a regression nothing is left to do: it may be quicker.
    const over = point.moment === 'ended' && point.step === this.steps(point.command).at(-1);
    const wrong: string[] = signal === 'SIGKILL' || over ? [] : ['it had ended before it was killed'];
    const report = judgeJournal(text);
    // What the tool was still doing is done when `status` asks: it waits for the lease.
    const status = await this.#json<StatusDocument>('status', '--board', 'killed');
    const truth = await this.#truth();
    wrong.push(...this.#untrue(status, report, truth, point.command));
    // The way on is the same for all three moments of a step: one of them goes it.
    if (point.moment === 'amid') wrong.push(...(await this.#again(truth)));
    const last = text.trimEnd().split('\n').at(-1) ?? '';
    const { event, step = '' } = JSON.parse(last === '' ? '{"event":"nothing"}' : last) as { event: string; step?: string };
    return { ...point, at: `${event} ${step}`.trim(), state: truth.productState, uncertain: report.unknown !== null, wrong };
  }

  /** Kills the harness while its tool hangs in the call of a step and keeps the probe; then ends what `status` names. */
  async killWithHangingTool(step: string): Promise<{ readonly refused: unknown; readonly pids: readonly number[]; readonly status: StatusDocument; readonly truth: BoardTruth }> {
    await this.#begin('provision');
    await injectVirtualFaults('killed', [`hang@${step.startsWith('provision-') ? '-sdp' : '-d'}`]);
    const child = this.#start(...this.#words('provision'));
    const hangs = (): boolean => existsSync(virtualBoardLog('killed')) && readFileSync(virtualBoardLog('killed'), 'utf8').includes('fault: hang');
    while (!hangs() && child.exitCode === null) await sleep(5);
    child.kill('SIGKILL');
    await child;
    const refused = await this.#json<{ readonly error?: { readonly message: string } }>('status', '--board', 'killed');
    const pids = (/behind: ([\d, ]+)/.exec(refused.error?.message ?? '')?.[1] ?? '').split(', ').filter((word) => word !== '').map(Number);
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    await sleep(100);
    return { refused, pids, status: await this.#json<StatusDocument>('status', '--board', 'killed'), truth: await this.#truth() };
  }

  /** What the status tells against what the board is. */
  #untrue(status: StatusDocument, report: JournalReport, truth: BoardTruth, command: KillPoint['command']): string[] {
    const wrong: string[] = [];
    if (status.productState !== truth.productState) wrong.push(`status says ${status.productState}, the board is ${truth.productState}`);
    if (status.recoverable !== truth.recoverable) wrong.push(`status says ${status.recoverable ? '' : 'not '}recoverable, the board is the contrary`);
    if (status.journal.certain !== report.certain || status.journal.lastStep !== report.lastStep) wrong.push('status and journal differ');
    const why = status.why.join('\n');
    if (report.unfinished && !/certain: [^]*unknown: [^]*safe: /.test(why)) wrong.push('status does not say what is certain, unknown and safe');
    if (report.unknown !== null && !why.includes(`whether ${report.unknown.step} was done`)) wrong.push('status does not name the step of which nobody knows');
    if (report.damage.length > 0) wrong.push(...report.damage);
    if (command === 'regress') {
      if (report.done.includes('regress') && truth.productState !== 'OPEN') wrong.push('the regression is said to be done');
      if (truth.productState === 'OPEN' && !report.done.includes('regress') && report.unknown?.step !== 'regress') wrong.push('the board is OPEN, and the regression is neither done nor unknown');
      return wrong;
    }
    return [...wrong, ...contradictions(truth, this.#plan('provision'), { done: report.done, unknown: report.unknown?.step ?? null }, this.prepared.contents)];
  }

  /** `provision` once more: of a board that is OPEN from the start, of any other refused and nothing done; then the way back. */
  async #again(truth: BoardTruth): Promise<string[]> {
    const wrong: string[] = [];
    const again = await this.#start(...this.#words('provision'));
    const after = await this.#truth();
    if (truth.productState === 'OPEN') {
      if (again.exitCode !== 0 || after.productState !== this.target.state) wrong.push(`provisioned again: exit status ${String(again.exitCode)}, ${after.productState}: ${again.stderr.slice(-300)}`);
    } else {
      if (again.exitCode !== 4 || !/start-state: the board was in product state/.test(again.stderr)) wrong.push(`provisioned again, in ${truth.productState}: exit status ${String(again.exitCode)}, not refused: ${again.stderr.slice(-300)}`);
      if (after.productState !== truth.productState || after.obkeys.size !== truth.obkeys.size) wrong.push(`provisioned again, in ${truth.productState}: it is ${after.productState} now`);
    }
    if (after.productState !== 'OPEN') {
      const back = await this.#start('regress', '--board', 'killed', ...this.prepared.regressOptions);
      const { productState } = await this.#truth();
      if (back.exitCode !== 0 || productState !== 'OPEN') wrong.push(`not brought back: exit status ${String(back.exitCode)}, ${productState}: ${back.stderr.slice(-300)}`);
    }
    const end = await this.#json<StatusDocument>('status', '--board', 'killed');
    if (end.productState !== 'OPEN' || !end.journal.certain) wrong.push(`in the end status says ${end.productState}, certain ${String(end.journal.certain)}`);
    return wrong;
  }

  /** The board and its journal as they are before the command. */
  async #begin(command: KillPoint['command']): Promise<void> {
    this.#state = join(this.folder, `state-${String((this.#count += 1))}`);
    const from = command === 'provision' ? 'OPEN' : 'closed';
    const snapshot = join(this.folder, `${from}.snap`);
    if (!existsSync(snapshot)) {
      await restoreVirtualBoard('killed', join(this.folder, 'OPEN.snap'));
      const { exitCode, stderr } = await this.#start(...this.#words('provision'));
      if (exitCode !== 0) throw new Error(`provision: ${stderr}`);
      await snapshotVirtualBoard('killed', snapshot);
      this.#closedJournal = this.#state;
    }
    await restoreVirtualBoard('killed', snapshot);
    if (from === 'closed') this.#state = this.#closedJournal;
  }

  #words(command: KillPoint['command']): string[] {
    return [command, '--board', 'killed', ...(command === 'provision' ? this.prepared.options : this.prepared.regressOptions)];
  }

  #plan(command: KillPoint['command']): Plan {
    const { kit } = this.prepared;
    if (command === 'regress') return planRegression({ state: 'CLOSED', credential: this.prepared.credential });
    return this.prepared.planFor({ externalLoader: kit.externalFlash.loader, bootLoaderLoader: kit.externalFlash.bootLoaderLoader, bootLoader: { port: this.#board.comPort, baudRate: 921600 } });
  }

  #start(...words: readonly string[]) {
    return execa(process.execPath, [main, ...words], {
      cwd: join(this.folder, 'desk'),
      reject: false,
      stdin: 'ignore',
      env: { ROT_HIL_RUNTIME_DIR: join(this.folder, 'rt'), ROT_HIL_STATE_DIR: this.#state, TMPDIR: join(this.folder, 'tmp'), ROT_HIL_TOOL: 'process', NO_COLOR: '1', NODE_OPTIONS: '' },
    });
  }

  async #json<T>(...words: readonly string[]): Promise<T> {
    const { stdout, stderr } = await this.#start(...words, '--json');
    try {
      return JSON.parse(stdout) as T;
    } catch {
      throw new Error(`${words.join(' ')}: ${stdout}${stderr}`);
    }
  }

  #journal(): string | null {
    return readJournalText(journalPath(this.#board.probe.sn, join(this.#state, 'journals')));
  }

  #truth(): Promise<BoardTruth> {
    return truthOf('killed', this.prepared.kit, this.folder);
  }

  /** Waits until the journal is at the point. */
  async #reached({ step, moment }: KillPoint, over: () => boolean): Promise<void> {
    const before = (this.#journal() ?? '').length;
    const line = new RegExp(`"event":"step-${moment === 'ended' ? 'end' : 'begin'}",[^\\n]*"step":"${step}"`);
    while (!over()) {
      if (line.test((this.#journal() ?? '').slice(before))) {
        if (moment === 'amid') await sleep(amidMs[this.#count % amidMs.length]);
        return;
      }
      await sleep(2);
    }
  }
}

/** What must not be, one line each. */
export function complaints(target: ProvisioningTarget, killed: readonly Killed[]): string[] {
  return killed.flatMap(({ command, step, moment, at, wrong }) => wrong.map((what) => `${targetName(target)}: ${command} killed ${moment} ${step} (journal: ${at}): ${what}`));
}

