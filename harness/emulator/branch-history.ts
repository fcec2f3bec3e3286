import type { Address } from '../units/index.js';
import type { Core } from './cpu/core.js';
import type { StopReason } from './ports.js';

/** A branch that was taken, or an exception that was entered or left. */
export interface TakenBranch {
  readonly from: Address;
  readonly to: Address;
  readonly kind: 'branch' | 'exception' | 'return';
}

/** What the same program runs on once more. */
export interface Replayed {
  readonly core: Core;
  run(maxInstructions: number): StopReason;
  advanceTo(cycle: number): void;
  readonly instructions: number;
}

/** Branches of a report. */
const wanted = 32;
/** Instructions that are looked at one by one: long enough for so many branches in any program but a memcpy of kilobytes. */
export const branchReach = 20_000;

/** Runs a machine as it runs by itself, from some instruction on one by one, and notes the branches that are taken there. */
export class BranchRecorder {
  readonly #branches: TakenBranch[] = [];
  #inFault = false;

  /** @param from instructions since power-on from which branches are noted @param untilFault nothing is noted behind the entry of a fault handler */
  constructor(
    private readonly machine: Pick<Replayed, 'core' | 'run' | 'instructions'>,
    private readonly from: number,
    private readonly untilFault = false,
  ) {}

  /** The last ones, the latest at the end. */
  get branches(): readonly TakenBranch[] {
    return this.#branches;
  }

  /** A fault handler was entered: nothing more is noted. */
  get done(): boolean {
    return this.#inFault;
  }

  run(maxInstructions: number): StopReason {
    const { machine } = this;
    const end = machine.instructions + maxInstructions;
    if (this.done || end <= this.from || maxInstructions === 0) return machine.run(maxInstructions);
    if (machine.instructions < this.from) {
      const stop = machine.run(this.from - machine.instructions);
      if (stop.kind !== 'budget') return stop;
    }
    for (;;) {
      const stop = this.#step();
      if (stop.kind !== 'budget' || machine.instructions >= end || this.done) return stop;
    }
  }

  #step(): StopReason {
    const { core } = this.machine;
    const { pc, ipsr } = core;
    const before = this.machine.instructions;
    const stop = this.machine.run(1);
    const executed = this.machine.instructions !== before;
    const kind = core.ipsr === ipsr ? 'branch' : core.ipsr !== 0 && (ipsr === 0 || core.at === pc) ? 'exception' : 'return';
    const ahead = core.pc - pc;
    if ((executed || core.ipsr !== ipsr) && (kind !== 'branch' || (ahead !== 2 && ahead !== 4 && ahead !== 0))) {
      this.#branches.push({ from: pc, to: core.pc, kind });
      if (this.#branches.length > wanted) this.#branches.shift();
    }
    this.#inFault = this.untilFault && core.ipsr >= 3 && core.ipsr <= 6;
    return stop;
  }
}

/**
 * The branches before a program's end. Nothing is recorded while it runs, so that nothing is slower: as a run is the same each time, it is run once more, up to
 * shortly before its end at full speed and then instruction by instruction.
 * @param replayed a fresh machine with the program at its start and the same input @param instructions of the first run
 */
export function lastBranches(replayed: Replayed, instructions: number): readonly TakenBranch[] {
  const recorder = new BranchRecorder(replayed, instructions - branchReach);
  // One more than were executed: the instruction that faulted enters its handler.
  for (let turns = 0; turns < 4 * branchReach && replayed.instructions <= instructions; turns += 1) {
    const left = instructions - branchReach - replayed.instructions;
    const stop = recorder.run(left > 0 ? Math.min(left, 1 << 22) : 1);
    if (stop.kind === 'budget') continue;
    if (stop.kind !== 'idle' || stop.until === undefined) break;
    replayed.advanceTo(stop.until);
  }
  return recorder.branches;
}
