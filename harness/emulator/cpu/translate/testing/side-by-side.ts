import { expect } from '@jest/globals';
import type { StopReason } from '../../../ports.js';
import type { Random } from '../../../testing/random.js';
import type { Core } from '../../core.js';

/** One of two boards that do the same. */
export interface Runnable {
  readonly core: Core;
  run(maxInstructions: number): StopReason;
  /** Board time while the core sleeps. */
  advanceTo?(cycle: number): void;
}

/** All that a program can see of the core, and how far it is. */
export function stateOf(core: Core): Record<string, unknown> {
  const { exceptions, fpu } = core;
  return {
    r: [...core.r.subarray(0, 15)].map((value) => (value >>> 0).toString(16)),
    pc: core.pc.toString(16), xpsr: core.xpsr.toString(16), instructions: core.instructions, cycles: core.cycles,
    masks: [core.primask, core.faultmask, core.basepri, core.control, core.otherSp, core.exclusive, core.sleeping],
    faults: [exceptions.cfsr, exceptions.hfsr, exceptions.mmfar, exceptions.bfar, exceptions.shcsr],
    fpscr: fpu.fpscr >>> 0, float: [...fpu.words.subarray(0, 32)],
  };
}

/** FNV-1a of all memories. */
export function memoryOf(core: Core): number {
  let hash = 0x811c9dc5;
  for (const { bytes } of core.bus.banks) {
    const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
    for (let index = 0; index < words.length; index += 1) if (words[index] !== 0) hash = Math.imul(hash ^ words[index]! ^ index, 0x01000193);
  }
  return hash >>> 0;
}

/**
 * Runs two boards in slices of random length, up to `longest` instructions, and compares them behind each; with `memories` these
 * are compared at the end. Returns how both stopped.
 */
export function runSideBySide(one: Runnable, other: Runnable, random: Random, { longest = 3000, limit = 50_000_000, memories = true } = {}): StopReason {
  for (;;) {
    const slice = 1 + random.below(random.chance(20) ? 20 : longest);
    const stop = one.run(slice);
    expect(other.run(slice)).toEqual(stop);
    const state = stateOf(one.core);
    const otherState = stateOf(other.core);
    // The comparison of jest is slow; it is wanted for its message only.
    if (JSON.stringify(state) !== JSON.stringify(otherState)) expect(otherState).toEqual(state);
    const asleep = stop.kind === 'idle' && stop.until !== undefined && one.advanceTo !== undefined;
    if (asleep) for (const board of [one, other]) board.advanceTo!(stop.until!);
    if ((stop.kind === 'budget' || asleep) && one.core.instructions < limit) continue;
    if (memories) expect(memoryOf(other.core)).toBe(memoryOf(one.core));
    return stop;
  }
}
