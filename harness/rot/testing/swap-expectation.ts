/** What a swap board holds, seen from far away. Versions are major numbers, which are the security counters too. */
export interface SwapState {
  readonly running: { readonly version: number; readonly confirmed: boolean };
  /** The image in the secondary slot that nothing asks for: where a revert goes to. */
  readonly other: number | undefined;
  readonly pending: { readonly version: number; readonly permanent: boolean; readonly valid: boolean } | undefined;
  readonly counter: number;
  /** A swap to this state was interrupted: the next boot completes it and does nothing else. */
  readonly resuming: boolean;
  /** The type of a permanent swap that never began is left in scratch: whatever is pending is installed for good. */
  readonly storedPermanent: boolean;
}

function confirmed(state: SwapState): SwapState {
  return { ...state, running: { ...state.running, confirmed: true } };
}

/** What one whole boot makes of a state: documentation of MCUboot's swap types, docs/design.md of mcu-tools/mcuboot, with ST's rules for the counter. */
function booted(before: SwapState, confirms: boolean): SwapState {
  if (before.resuming) return { ...before, resuming: false };
  const state = confirms ? confirmed(before) : before;
  const { running, other, pending } = state;
  const counter = running.confirmed ? Math.max(state.counter, running.version) : state.counter;
  if (pending !== undefined) {
    const { version, valid } = pending;
    const permanent = pending.permanent || state.storedPermanent;
    if (!valid || version < counter) return { ...state, counter, other: undefined, pending: undefined };
    return { ...state, running: { version, confirmed: permanent }, other: running.version, pending: undefined, counter: permanent ? Math.max(counter, version) : counter, storedPermanent: false };
  }
  // An image that is gone back to counts as confirmed, whether it ever was or not, and its counter is stored.
  if (!running.confirmed && other !== undefined && other >= counter) return { ...state, running: { version: other, confirmed: true }, other: running.version, counter: other };
  return { ...state, counter };
}

/**
 * What is left where a permanent swap had written its type and image_ok, and moved nothing yet. That image_ok is the pending image's, but the next boot takes it for the
 * running image's and stores the counter of that one before it looks at the pending image again, which a lower counter then keeps out (stm32-mw-mcuboot,
 * boot/bootutil/src/swap_scratch.c swap_status_init; loader.c context_boot_go, the loop under MCUBOOT_HW_ROLLBACK_PROT that resets).
 */
function typeStored(state: SwapState): SwapState[] {
  if (state.resuming || !(state.pending?.permanent === true || (state.pending !== undefined && state.storedPermanent))) return [];
  const stored = { ...state, storedPermanent: true };
  return [stored, confirmed(stored)];
}

/** All states a board can be in. */
export class SwapExpectation {
  #states: readonly SwapState[];

  constructor(start: SwapState) {
    this.#states = [start];
  }

  /** An image is written into the secondary slot while the application runs. */
  put(pending: NonNullable<SwapState['pending']>): void {
    this.#states = this.#states.map((state) => ({ ...state, pending, other: undefined }));
  }

  /** A boot that ran to its end with this outcome. @returns whether that was possible */
  boots(confirms: boolean, seen: { readonly version: number; readonly counter: number }): boolean {
    this.#states = this.#states.map((state) => booted(state, confirms)).filter(({ running, counter }) => running.version === seen.version && counter === seen.counter);
    return this.#states.length > 0;
  }

  /** A boot in which the power was cut somewhere: nothing happened, the confirmation was written, a swap was begun, or all was done. */
  isCut(confirms: boolean): void {
    this.#states = this.#states.flatMap((state) => {
      const done = booted(state, confirms);
      return [state, ...(confirms && !state.resuming ? [confirmed(state)] : []), ...typeStored(state), { ...done, resuming: true }, done];
    });
  }
}
