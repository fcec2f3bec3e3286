import type { BlockPorts, ResetCause, Scheduler } from '../../ports.js';

/** A scheduler, interrupt lines and reset request for the specs of a single block: time moves only by `advance`. */
export interface TestPorts extends BlockPorts {
  /** Active interrupt requests. */
  readonly active: Set<number>;
  readonly resets: ResetCause[];
  advance(cycles: number): void;
}

interface Pending {
  readonly handle: number;
  readonly cycle: number;
  readonly callback: () => void;
}

export function testPorts(): TestPorts {
  let now = 0;
  let nextHandle = 1;
  let pending: Pending[] = [];
  const active = new Set<number>();
  const resets: ResetCause[] = [];
  const scheduler: Scheduler = {
    get now() {
      return now;
    },
    at(cycle, callback) {
      const handle = nextHandle++;
      pending.push({ handle, cycle, callback });
      return handle;
    },
    cycleOf: (handle) => pending.find((event) => event.handle === handle)?.cycle,
    cancel(handle) {
      pending = pending.filter((event) => event.handle !== handle);
    },
  };
  return {
    scheduler,
    interrupts: {
      setLevel(irq, level) {
        if (level) active.add(irq);
        else active.delete(irq);
      },
    },
    requestReset(cause) {
      resets.push(cause);
    },
    active,
    resets,
    advance(cycles) {
      const end = now + cycles;
      for (;;) {
        const due = pending.filter((event) => event.cycle <= end).sort((a, b) => a.cycle - b.cycle || a.handle - b.handle)[0];
        if (due === undefined) break;
        pending = pending.filter((event) => event !== due);
        now = Math.max(now, due.cycle);
        due.callback();
      }
      now = end;
    },
  };
}
