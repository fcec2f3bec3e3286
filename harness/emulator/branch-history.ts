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
const reach = 20_000;

/**
 * The branches before a program's end. Nothing is recorded while it runs, so that nothing is slower: as a run is the same each time, it is run once more, up to
 * shortly before its end at full speed and then instruction by instruction.
 * @param replayed a fresh machine with the program at its start and the same input @param instructions of the first run
 */
export function lastBranches(replayed: Replayed, instructions: number): readonly TakenBranch[] {
  const branches: TakenBranch[] = [];
  const { core } = replayed;
  const sleep = (stop: StopReason): boolean => {
    if (stop.kind !== 'idle' || stop.until === undefined) return false;
    replayed.advanceTo(stop.until);
    return true;
  };
  for (let left = instructions - reach - replayed.instructions; left > 0; left = instructions - reach - replayed.instructions) {
    const stop = replayed.run(Math.min(left, 1 << 22));
    if (stop.kind !== 'budget' && !sleep(stop)) return branches;
  }
  // One more than were executed: the instruction that faulted enters its handler.
  for (let turns = 0; turns < 4 * reach && replayed.instructions <= instructions; turns += 1) {
    const { pc, ipsr } = core;
    const before = replayed.instructions;
    const stop = replayed.run(1);
    const executed = replayed.instructions !== before;
    const kind = core.ipsr === ipsr ? 'branch' : core.ipsr !== 0 && (ipsr === 0 || core.at === pc) ? 'exception' : 'return';
    const ahead = core.pc - pc;
    if ((executed || core.ipsr !== ipsr) && (kind !== 'branch' || (ahead !== 2 && ahead !== 4 && ahead !== 0))) {
      branches.push({ from: pc, to: core.pc, kind });
      if (branches.length > wanted) branches.shift();
    }
    if (stop.kind !== 'budget' && !sleep(stop)) break;
  }
  return branches;
}
