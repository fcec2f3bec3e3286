import { randomBytes } from 'node:crypto';
import { existsSync, rmSync } from 'node:fs';
import { userInfo } from 'node:os';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { HarnessError } from '../../errors/index.js';
import type { FoundNote, LeaseNote } from './lease-file.js';
import { defaultLeaseFolder, findNotes, forgetHalfWritten, newNotePath, prepareLeaseFolder, writeNote } from './lease-file.js';
import { identityOf, processesWith, stillRuns, thisHost } from './process-identity.js';

/** Environment variable by which everything that uses a board for a lease is known, whoever its parent has become. */
export const leaseVariable = 'ROT_HIL_LEASE';

export interface LeaseRequest {
  /** Serial number of the board's probe: what a board is known by. */
  readonly board: string;
  /** What the board is called, for people. */
  readonly name: string;
  /** What is done with it, for people: `rot-hil run boot`. */
  readonly command: string;
  /** Default: this user's runtime folder. */
  readonly folder?: string;
  /** How long to wait for a board that somebody else has; default 0. */
  readonly waitMs?: number;
  readonly signal?: AbortSignal;
  /** For tests. */
  readonly beatMs?: number;
  /** For tests. */
  readonly afterlifeMs?: number;
}

const beatEveryMs = 5000;
/** Beats that another host may miss before its lease counts for nothing. */
const missedBeats = 6;
/** How long a holder that died may take to put its board away (the Jest process notices within 0.5 s and has 3 s to close). */
const usualAfterlifeMs = 10_000;
const pollMs = 50;

/** The right to use a board, this process' alone until it is given back or the process ends. */
export class BoardLease {
  readonly #path: string;
  readonly #lost = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #onExit = (): void => this.release();
  #note: LeaseNote;

  /** @internal see `takeLease` */
  constructor(path: string, note: LeaseNote, beatMs: number) {
    this.#path = path;
    this.#note = note;
    this.#timer = setInterval(() => this.#beat(), beatMs);
    this.#timer.unref();
    process.once('exit', this.#onExit);
  }

  /** Aborts when the lease was taken away: somebody else may be using the board. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** To be set for every process that uses the board. */
  get environment(): Readonly<Record<string, string>> {
    return { [leaseVariable]: this.#note.token };
  }

  /** Another process uses the board for this one: the board is not free before it has ended, too. */
  addWorker(pid: number): void {
    this.#rewrite({ workers: [...this.#note.workers.filter(stillRuns), identityOf(pid)] });
  }

  /** Gives the board back. Twice is no error. */
  release(): void {
    clearInterval(this.#timer);
    process.off('exit', this.#onExit);
    rmSync(this.#path, { force: true });
  }

  #beat(): void {
    this.#rewrite({ beat: this.#note.beat + 1, monotonicMs: Math.round(performance.now()) });
  }

  #rewrite(change: Partial<LeaseNote>): void {
    if (!existsSync(this.#path)) {
      clearInterval(this.#timer);
      this.#lost.abort(new HarnessError({ code: 'lease-lost', kind: 'bench', message: `the lease of ${this.#note.name} was taken away: ${this.#path} is gone`, nextStep: 'find out who removed it: somebody else may have used the board meanwhile' }));
      return;
    }
    this.#note = { ...this.#note, ...change };
    try {
      writeNote(this.#path, this.#note);
    } catch {
      // A full disk: the note as it was still says who has the board.
    }
  }
}

/**
 * Takes a board, or says who has it. Whoever wants it first writes a note, then looks for the notes of others: of two, at least the
 * later one sees the other, so both cannot have it. Notes of processes that ended are put away; whether one did is judged by process
 * id and start time on this machine, and by a beat that stands still on another one, never by the time of day.
 * @throws HarnessError `lease-held` (bench) with the holder · `lease-folder` (usage) · `interrupted` (bench)
 */
export async function takeLease(request: LeaseRequest): Promise<BoardLease> {
  const folder = request.folder ?? defaultLeaseFolder();
  prepareLeaseFolder(folder);
  if (request.folder === undefined) forgetHalfWritten(folder);
  const beatMs = request.beatMs ?? beatEveryMs;
  const own: LeaseNote = {
    schema: 1,
    token: randomBytes(12).toString('hex'),
    state: 'asking',
    board: request.board,
    name: request.name,
    owner: userName(),
    command: request.command.replace(/[^ -~]/g, '?').slice(0, 200),
    host: thisHost(),
    process: identityOf(process.pid),
    workers: [],
    since: new Date().toISOString(),
    beat: 0,
    monotonicMs: Math.round(performance.now()),
  };
  const startedAt = performance.now();
  const watch = new BeatWatch(beatMs * missedBeats);
  for (;;) {
    const path = newNotePath(folder, request.board);
    const seen = ask(folder, path, own, watch, request.afterlifeMs ?? usualAfterlifeMs);
    if (seen.granted) return new BoardLease(path, { ...own, state: 'holding' }, beatMs);
    const patience = Math.max(request.waitMs ?? 0, seen.patienceMs);
    if (performance.now() - startedAt >= patience) throw held(request, seen.by, folder);
    // Two that ask at once and see each other both step back; chance ends the tie.
    await delay(pollMs * (0.5 + Math.random()), undefined, request.signal === undefined ? {} : { signal: request.signal }).catch(() => {
      throw new HarnessError({ code: 'interrupted', kind: 'bench', message: `interrupted while waiting for ${request.name}`, nextStep: 'run it again' });
    });
  }
}

type Answer = { readonly granted: true } | { readonly granted: false; readonly by: Other; readonly patienceMs: number };

interface Other {
  readonly found: FoundNote;
  /** What the holder left running. */
  readonly orphans: readonly number[];
}

/** One attempt. Afterwards the note is there, `holding`, or it is not there. */
function ask(folder: string, path: string, own: LeaseNote, watch: BeatWatch, afterlifeMs: number): Answer {
  writeNote(path, own);
  try {
    for (const found of findNotes(folder, own.board)) {
      if (found.path === path) continue;
      const life = lifeOf(found, watch);
      if (life === 'dead') {
        rmSync(found.path, { force: true });
        continue;
      }
      rmSync(path, { force: true });
      const asking = found.note?.state === 'asking';
      const patienceMs = asking || life.orphans.length > 0 ? afterlifeMs : life.foreign ? watch.patienceMs : 0;
      return { granted: false, by: { found, orphans: life.orphans }, patienceMs };
    }
    writeNote(path, { ...own, state: 'holding' });
    return { granted: true };
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  }
}

function lifeOf(found: FoundNote, watch: BeatWatch): 'dead' | { readonly foreign: boolean; readonly orphans: readonly number[] } {
  const { note } = found;
  const here = thisHost();
  if (note === undefined || note.host.name !== here.name || note.host.machine !== here.machine || (note.host.boot === here.boot && note.host.namespace !== here.namespace)) {
    return watch.stoodStill(found) ? 'dead' : { foreign: true, orphans: [] };
  }
  if (note.host.boot !== here.boot) return 'dead'; // the machine was restarted
  if (stillRuns(note.process)) return { foreign: false, orphans: [] };
  const orphans = [...new Set([...note.workers.filter(stillRuns).map(({ pid }) => pid), ...processesWith(leaseVariable, note.token)])];
  return orphans.length === 0 ? 'dead' : { foreign: false, orphans };
}

/** Whether a note of another host changes, by this process' own clock. */
class BeatWatch {
  readonly #seen = new Map<string, { text: string; since: number }>();

  constructor(readonly patienceMs: number) {}

  stoodStill({ path, text }: FoundNote): boolean {
    const now = performance.now();
    const seen = this.#seen.get(path);
    if (seen === undefined || seen.text !== text) this.#seen.set(path, { text, since: now });
    else return now - seen.since >= this.patienceMs - pollMs;
    return false;
  }
}

function held(request: LeaseRequest, { found, orphans }: Other, folder: string): HarnessError {
  const { note } = found;
  const clean = (text: string): string => text.replace(/[^ -~]/g, '?').slice(0, 200);
  const who = note === undefined ? `an unreadable lease, ${found.path}` : `${clean(note.owner)} on ${clean(note.host.name)}, process ${note.process.pid} (${clean(note.command)}), since ${clean(note.since)}`;
  const fields = note === undefined ? {} : { owner: clean(note.owner), host: clean(note.host.name), pid: note.process.pid, command: clean(note.command), since: clean(note.since) };
  if (orphans.length > 0) {
    return new HarnessError({
      code: 'lease-held',
      kind: 'bench',
      message: `${request.name} is in use: lease held by ${who}, which has ended and left ${orphans.length === 1 ? 'a process' : 'processes'} behind: ${orphans.join(', ')}`,
      nextStep: `see what it is doing, and end it if it hangs: kill ${orphans.join(' ')}`,
      fields: { ...fields, leases: folder, orphans: orphans.map(String) },
    });
  }
  return new HarnessError({ code: 'lease-held', kind: 'bench', message: `${request.name} is in use: lease held by ${who}`, nextStep: 'wait for its end, or end it there', fields: { ...fields, leases: folder } });
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'unknown'); // a user id without a name, as in containers
  }
}
