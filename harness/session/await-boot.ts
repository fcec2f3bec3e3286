import { setTimeout as sleep } from 'node:timers/promises';
import type { Console, ConsoleLine, ConsoleMark } from '../console/index.js';
import type { Milliseconds } from '../units/index.js';
import type { HarnessError } from '../errors/index.js';
import { isHarnessError } from '../errors/index.js';
import type { BootReport } from './boot-report.js';
import { isFixtureBanner, noImage, reportBoot, rotHalt, rotJump, rotStart } from './boot-report.js';
import { bootFault, isPattern } from './boot-faults.js';

/** How a start is expected to end: with the application's banner, without an application, or with a line of the caller's. */
export type BootExpectation = 'application' | 'no-application' | RegExp;

export interface AwaitBootOptions {
  /** Lines from here on count: set before the reset. */
  readonly from: ConsoleMark;
  /** When the reset was certainly done, on the console's clock: what began before may be the last turn of an older program. */
  readonly resetDoneAt: Milliseconds;
  /** The board was starting again and again before the reset, so that one of those starts may stand behind the mark. */
  readonly wasLooping: boolean;
  readonly expect: BootExpectation;
  readonly withinMs: Milliseconds;
  /** So much longer at most while the root of trust is at work, between its first line and its jump, as it is when it moves images; from its jump on it is `withinMs` again. Default 0. */
  readonly installMs?: Milliseconds;
  /** Finds the application's first line; default: the fixtures' banner. */
  readonly isBanner?: (text: string) => boolean;
  readonly signal?: AbortSignal;
}

/** Starts without a banner after which it is called a reset loop. */
const LOOP_STARTS = 6;
/** After the reset, this long without a new start: what stands there belongs to the reset. */
const SETTLE_MS = 700;
/** What belongs to a line that decided may follow it for this long. */
const TAIL_MS = 30;

type Decision = 'banner' | 'no-image' | 'halt' | 'line' | 'loop';

/**
 * Waits for the end of a start and judges it.
 * @throws HarnessError `no-application`, `unexpected-application`, `rot-halted` (subject): the start ended another way;
 *   `board-silent`, `application-silent`, `no-banner`, `reset-loop`, `console-lost`, `interrupted` (bench): nothing is known about the firmware
 */
export async function awaitBoot(board: Console, options: AwaitBootOptions): Promise<BootReport> {
  const isBanner = options.isBanner ?? isFixtureBanner;
  const watch = new BootWatch(options, isBanner);
  let decision: Decision | undefined;
  try {
    const begin = board.now();
    for (;;) {
      const deadline = watch.deadline(begin);
      const settle = watch.doubtful === undefined ? Infinity : Math.max(watch.doubtful.at, options.resetDoneAt) + SETTLE_MS - board.now();
      if (settle <= 0) {
        decision = watch.doubtful!.decision;
        break;
      }
      const withinMs = Math.max(0, Math.min(deadline - board.now(), settle));
      const seen = await board.waitFor((line) => watch.see(line), { from: watch.next(options.from), withinMs, ...(options.signal === undefined ? {} : { signal: options.signal }) }).catch((error: unknown) => {
        if (isTimeout(error)) return undefined;
        throw error;
      });
      if (seen !== undefined) decision = watch.decided;
      if (decision !== undefined || board.now() >= watch.deadline(begin)) break;
    }
  } catch (error) {
    if (watch.decided === undefined) throw error;
  }
  decision ??= watch.doubtful?.decision;
  if (decision === 'no-image' || decision === 'halt') await sleep(TAIL_MS);
  const report = reportBoot(linesOfBoot(board.since(options.from), watch.boundary), options.from, isBanner);
  const fault = bootFault(decision, report, options);
  if (fault !== undefined) throw fault;
  return report;
}

function isTimeout(error: unknown): error is HarnessError {
  return isHarnessError(error) && (error.code === 'console-silent' || error.code === 'console-unexpected');
}

/** The lines of the start that decided: those of an older program's last turns left out. */
function linesOfBoot(lines: readonly ConsoleLine[], boundary: number): readonly ConsoleLine[] {
  return lines.filter(({ number }) => number >= boundary);
}

/** Follows the lines of one or more starts until one of them decides. */
class BootWatch {
  decided: Decision | undefined;
  /** Seen in a start that may have begun before the reset: counts only if none follows. */
  doubtful: { readonly decision: Decision; readonly at: Milliseconds } | undefined;
  /** Number of the first line that belongs to the start that is judged. */
  boundary = 0;
  private starts = 0;
  /** The root of trust has begun and not jumped. */
  private atWork = false;
  private jumpedAt: Milliseconds | undefined;
  private startedAt: Milliseconds | undefined;
  private last = -1;

  constructor(
    private readonly options: AwaitBootOptions,
    private readonly isBanner: (text: string) => boolean,
  ) {}

  /** The first line that has not been seen. */
  next(from: ConsoleMark): ConsoleMark {
    return Math.max(from, this.last + 1);
  }

  /** Until when to wait, as far as is known by now. @param begin when the waiting began */
  deadline(begin: Milliseconds): Milliseconds {
    const { withinMs, installMs = 0 } = this.options;
    const latest = begin + withinMs + installMs;
    if (this.atWork) return latest;
    return this.jumpedAt === undefined ? begin + withinMs : Math.min(Math.max(begin, this.jumpedAt) + withinMs, latest);
  }

  /** Takes a line; true when it decided. */
  see(line: ConsoleLine): boolean {
    if (line.number <= this.last || this.decided !== undefined) return false;
    this.last = line.number;
    if (rotStart.test(line.text)) {
      this.starts++;
      this.atWork = true;
      this.startedAt = line.at;
      if (this.options.wasLooping) {
        this.boundary = line.number;
        this.doubtful = undefined;
      }
    }
    if (rotJump.test(line.text)) {
      this.atWork = false;
      this.jumpedAt = line.at;
    }
    const found = this.decisionOf(line);
    // A line that moves the end of the waiting is told, so that it is waited for anew.
    if (found === undefined) return this.options.installMs !== undefined && (rotStart.test(line.text) || rotJump.test(line.text));
    const fresh = this.startedAt !== undefined && this.startedAt >= this.options.resetDoneAt;
    if (fresh || !this.options.wasLooping) {
      this.decided = found;
      return true;
    }
    this.doubtful ??= { decision: found, at: line.at };
    return true;
  }

  private decisionOf({ text }: ConsoleLine): Decision | undefined {
    if (isPattern(this.options.expect) && this.options.expect.test(text)) return 'line';
    // A banner before the line that is waited for decides nothing.
    if (!isPattern(this.options.expect) && this.isBanner(text)) return 'banner';
    if (noImage.test(text)) return 'no-image';
    if (rotHalt.test(text)) return 'halt';
    return this.starts >= LOOP_STARTS && rotJump.test(text) ? 'loop' : undefined;
  }
}
