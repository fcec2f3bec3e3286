import { BranchRecorder, branchReach } from '../emulator/branch-history.js';
import type { TakenBranch } from '../emulator/branch-history.js';
import type { Machine, MachineSnapshot, StopReason } from '../emulator/index.js';

interface Input {
  readonly instructions: number;
  readonly cycle: number;
  readonly bytes: Uint8Array;
}

/** A run that took longer is not repeated: instructions. */
const mostReplayed = 500_000_000;
const mostInput = 256 * 1024;

/**
 * How an application came to where it is: the machine at its first instruction, and what it was sent since. A run is the same each time, so its last branches
 * are found by running it once more, and nothing is noted while it runs.
 */
export class BootReplay {
  readonly #start: MachineSnapshot;
  readonly #from: number;
  readonly #inputs: Input[] = [];
  #inputBytes = 0;
  #usable = true;

  /** @param machine between two calls of `run` */
  constructor(
    private readonly machine: Machine,
    private readonly uart: string,
  ) {
    this.#start = machine.save();
    this.#from = machine.instructions;
  }

  /** Bytes for the console, just before they reach it. */
  received(bytes: Uint8Array): void {
    this.#inputBytes += bytes.length;
    if (this.#inputBytes > mostInput) this.spoil();
    if (this.#usable) this.#inputs.push({ instructions: this.machine.instructions, cycle: this.machine.scheduler.now, bytes: bytes.slice() });
  }

  /** Something else than the console changed the machine: a probe, a debugger. */
  spoil(): void {
    this.#usable = false;
    this.#inputs.length = 0;
  }

  /** The branches before the place where the machine stopped, the latest at the end; undefined where it cannot be told. @param make a machine of the same options */
  branches(make: () => Machine): readonly TakenBranch[] | undefined {
    const end = this.machine.instructions;
    if (!this.#usable || end - this.#from > mostReplayed) return undefined;
    const again = make();
    again.restore(this.#start);
    const recorder = new BranchRecorder(again, end - branchReach);
    for (const { instructions, cycle, bytes } of this.#inputs) {
      if (!runTo(again, recorder, instructions, cycle)) return undefined;
      again.uart(this.uart).receive(bytes);
    }
    // Over the end: the instruction that stopped it.
    runTo(again, recorder, end + 1, Infinity);
    return again.instructions === end || again.instructions === end + 1 ? recorder.branches : undefined;
  }
}

/** @returns whether the machine came to that instruction and cycle */
function runTo(machine: Machine, recorder: BranchRecorder, instructions: number, cycle: number): boolean {
  while (machine.instructions < instructions || machine.scheduler.now < cycle) {
    const stop: StopReason = recorder.run(Math.max(0, instructions - machine.instructions));
    if (stop.kind === 'budget' && machine.instructions < instructions) continue;
    if (stop.kind !== 'idle' || stop.until === undefined || machine.scheduler.now >= cycle) return stop.kind === 'budget' && machine.scheduler.now >= cycle;
    machine.advanceTo(stop.until);
  }
  return machine.instructions === instructions && machine.scheduler.now === cycle;
}
