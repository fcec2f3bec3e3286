import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import type { DebuggedMachine } from '../emulator/gdb/index.js';
import type { StopReason } from '../emulator/ports.js';
import { log } from './io.js';

/** Between two slices the connection is served; with breakpoints an instruction takes longer. */
const sliceInstructions = 200_000;
/** A core that nothing can wake is looked at again in this time: GDB may stop it. */
const sleepMs = 20;

/** What runs under the debugger. */
interface Debugged extends DebuggedMachine {
  advanceTo(cycle: number): void;
  readonly instructions: number;
}

/**
 * Runs a program under GDB, halted until it says otherwise. Ends as the program does, at `limit` instructions, or when GDB kills it.
 * @throws HarnessError `gdb-port` (bench)
 */
export async function runUnderGdb(machine: Debugged, port: number, limit: number): Promise<StopReason> {
  const { Debugger } = await import('../emulator/gdb/index.js');
  const { serveGdb } = await import('../virtual-board/gdb-server.js');
  const target = new Debugger(machine);
  target.hold();
  let wake = (): void => undefined;
  let killed = false;
  const server = await serveGdb(port, target, {
    onEnd: (how) => {
      killed = how === 'kill';
      wake();
    },
  });
  target.onResume = () => wake();
  log(`waiting for GDB: target remote 127.0.0.1:${String(server.port)}`);
  try {
    for (;;) {
      const left = limit - machine.instructions;
      if (killed || left <= 0) return { kind: 'budget' };
      if (target.halted) {
        await new Promise<void>((resolve) => (wake = resolve));
        continue;
      }
      const stop = target.run(Math.min(left, sliceInstructions));
      if (stop.kind === 'idle' && stop.until !== undefined) machine.advanceTo(stop.until);
      else if (stop.kind === 'idle' && !target.halted) await delay(sleepMs);
      else if (stop.kind === 'reset') target.reset();
      else if (stop.kind !== 'budget' && stop.kind !== 'idle') return stop;
      await nextTurn();
    }
  } finally {
    server.close();
  }
}
