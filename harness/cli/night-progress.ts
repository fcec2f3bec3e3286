import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { clearScreenDown, moveCursor } from 'node:readline';
import { createColors } from 'picocolors';
import type { Job, NightEvent, NightState } from '../lab/index.js';
import { RecordReader } from '../record/index.js';
import { attemptFolder } from './night-job.js';
import { NightEta } from './night-eta.js';

/** `screen`: a view that is drawn again and again · `lines`: one line per run that begins or ends · `json`: each event as JSON. */
export type ProgressStyle = 'screen' | 'lines' | 'json';

interface Output {
  write(text: string): unknown;
  readonly columns?: number;
  readonly rows?: number;
}

interface Running {
  readonly job: Job;
  readonly attempt: number;
  readonly startedAt: number;
  reader: RecordReader | undefined;
  suite: string;
  readonly counts: { passed: number; failed: number; bench: number; skipped: number };
}

const pollMs = 500;
/** Columns from which the configuration of a run is shown. */
const roomy = 72;
const words = { passed: 'passed', failed: 'FAILED', bench: 'BENCH', configuration: 'NOT POSSIBLE', guard: 'REFUSED', 'not-run': 'not run' } as const;

/** Shows a night while it goes on. It holds what runs now and counts of the rest, however long the night is. */
export class NightProgress {
  readonly #running = new Map<string, Running>();
  readonly #ended: Record<keyof typeof words, number> = { passed: 0, failed: 0, bench: 0, configuration: 0, guard: 0, 'not-run': 0 };
  readonly #quarantined = new Set<string>();
  readonly #eta: NightEta;
  readonly #startedAt = performance.now();
  readonly #timer: NodeJS.Timeout;
  readonly #jobs: ReadonlyMap<string, Job>;
  /** Length of each line of the view as it stands on the screen. */
  #drawn: readonly number[] = [];

  /** @param folder of the night */
  constructor(
    private readonly style: ProgressStyle,
    private readonly output: Output,
    private readonly folder: string,
    state: NightState,
  ) {
    this.#jobs = new Map([...state.jobs].map(([id, { job }]) => [id, job]));
    for (const { verdict } of state.jobs.values()) if (verdict !== undefined) this.#ended[verdict]++;
    this.#eta = new NightEta([...state.jobs.values()].filter(({ verdict }) => verdict === undefined).map(({ job }) => job));
    this.#timer = setInterval(() => this.#tick(), pollMs);
    this.#timer.unref();
  }

  tell(event: NightEvent): void {
    this.#note(event);
    if (this.style === 'json') return void this.output.write(JSON.stringify(event.event === 'night-started' ? { ...event, jobs: event.jobs.map(({ id }) => id) } : event) + '\n');
    const line = this.#line(event);
    if (line === undefined) return;
    this.#clear();
    this.output.write((this.style === 'screen' ? cut(line, (this.output.columns ?? 80) - 1) : line) + '\n');
    if (this.style === 'screen') this.#draw();
  }

  /** A line for people, above the view. */
  note(line: string): void {
    this.#clear();
    process.stderr.write(line + '\n');
    if (this.style === 'screen') this.#draw();
  }

  /** Puts the view away. */
  stop(): void {
    clearInterval(this.#timer);
    this.#clear();
  }

  #note(event: NightEvent): void {
    if (event.event === 'job-started') {
      const job = this.#jobs.get(event.job);
      if (job !== undefined) this.#running.set(job.id, { job, attempt: event.attempt, startedAt: performance.now(), reader: undefined, suite: '', counts: { passed: 0, failed: 0, bench: 0, skipped: 0 } });
    } else if (event.event === 'attempt-ended') {
      this.#running.delete(event.job);
      this.#eta.took(event.job, event.durationMs);
    } else if (event.event === 'job-ended') {
      this.#running.delete(event.job);
      this.#ended[event.verdict]++;
      this.#eta.done(event.job);
    } else if (event.event === 'bench-quarantined') this.#quarantined.add(event.bench);
  }

  #line(event: NightEvent): string | undefined {
    const paint = createColors(this.style === 'screen' && !process.env['NO_COLOR']);
    const named = (id: string): string => {
      const job = this.#jobs.get(id);
      return job === undefined ? id : `${job.bench}  ${configurationText(job)}`;
    };
    const at = `[${clock(performance.now() - this.#startedAt)}]`;
    switch (event.event) {
      case 'job-started':
        // A redrawn view shows what runs.
        return this.style === 'screen' ? undefined : `${at} start   ${named(event.job)}${event.attempt > 1 ? `  attempt ${event.attempt}` : ''}`;
      case 'attempt-ended':
        return event.verdict === 'bench' || event.verdict === 'held' ? `${at} ${paint.yellow(event.verdict === 'held' ? 'in use ' : 'bench  ')} ${named(event.job)}  ${oneLine(event.reason)}` : undefined;
      case 'job-ended': {
        const colour = { passed: paint.green, failed: paint.red, guard: paint.red, bench: paint.yellow, configuration: paint.yellow, 'not-run': paint.dim }[event.verdict];
        return `${at} ${colour(words[event.verdict].padEnd(7))} ${named(event.job)}${event.reason === '' ? '' : `  ${oneLine(event.reason)}`}`;
      }
      case 'bench-quarantined':
        return `${at} ${paint.yellow('QUARANTINED')} ${event.bench}: ${oneLine(event.reason)}`;
      default:
        return undefined;
    }
  }

  #tick(): void {
    for (const running of this.#running.values()) this.#follow(running);
    if (this.style !== 'screen') return;
    this.#clear();
    this.#draw();
  }

  /** Reads on in the record that the run writes. */
  #follow(running: Running): void {
    running.reader ??= this.#recordOf(running);
    for (const event of running.reader?.next().events ?? []) {
      if (event.event === 'suite-started') {
        running.suite = event.suite;
        if (this.style === 'json') this.output.write(JSON.stringify({ event: 'suite-started', time: event.time, job: running.job.id, suite: event.suite }) + '\n');
      } else if (event.event === 'test-ended') {
        running.counts[event.verdict]++;
        if (this.style === 'json') this.output.write(JSON.stringify({ event: 'test-ended', time: event.time, job: running.job.id, suite: event.suite, title: [...event.ancestors, event.title].join(' › '), verdict: event.verdict }) + '\n');
      } else if (event.event === 'suite-failed') running.counts[event.kind]++;
    }
  }

  #recordOf({ job, attempt }: Running): RecordReader | undefined {
    const folder = attemptFolder(this.folder, job, attempt);
    if (!existsSync(folder)) return undefined;
    const record = readdirSync(folder).map((name) => join(folder, name, 'record.jsonl')).find((path) => existsSync(path));
    return record === undefined ? undefined : new RecordReader(record);
  }

  #clear(): void {
    if (this.#drawn.length === 0) return;
    // A terminal made narrower meanwhile has wrapped what stands there.
    const { columns = 80 } = this.output;
    const rows = this.#drawn.reduce((sum, length) => sum + Math.max(1, Math.ceil(length / columns)), 0);
    moveCursor(this.output as NodeJS.WriteStream, 0, -rows);
    clearScreenDown(this.output as NodeJS.WriteStream);
    this.#drawn = [];
  }

  #draw(): void {
    const { columns = 80, rows = 24 } = this.output;
    const paint = createColors(!process.env['NO_COLOR']);
    const ended = Object.values(this.#ended).reduce((sum, count) => sum + count, 0);
    const { passed, failed, bench } = this.#ended;
    const left = this.#eta.leftMs([...this.#running.values()].map(({ job, startedAt }) => ({ job: job.id, forMs: performance.now() - startedAt })));
    const head = `${ended} of ${this.#jobs.size} runs: ${passed} passed, ${failed} failed, ${bench} bench${this.#quarantined.size > 0 ? `, ${this.#quarantined.size} quarantined` : ''}   ${clock(performance.now() - this.#startedAt)}${left === undefined ? '' : `, about ${clock(left)} to go`}`;
    const running = [...this.#running.values()].sort((one, other) => (one.job.bench < other.job.bench ? -1 : 1));
    const columnOf = (of: (job: Job) => string, most: number): number => Math.min(most, Math.max(...running.map(({ job }) => of(job).length), 0));
    const [nameWidth, configurationWidth] = [columnOf((job) => job.bench, 24), columnOf(configurationText, 40)];
    const lines = running.map(({ job, attempt, suite, counts, startedAt: began }) => {
      const numbers: [string, (text: string) => string][] = [[`✓ ${counts.passed}`, paint.green], [counts.failed > 0 ? `✗ ${counts.failed}` : '', paint.red], [counts.bench > 0 ? `! ${counts.bench}` : '', paint.yellow]];
      const tally = numbers.map(([text, colour]) => colour(text)).filter((text) => text !== '').join(' ');
      // What may be cut on a narrow screen comes last.
      return cut(`  ${cut(job.bench, nameWidth).padEnd(nameWidth)}${columns < roomy ? '' : `  ${configurationText(job).padEnd(configurationWidth)}`}  ${clock(performance.now() - began)}  ${tally}  ${suite === '' ? 'starts' : suite.replace(/^suites\/|\.hil\.ts$/g, '')}${attempt > 1 ? ` (attempt ${attempt})` : ''}`, columns - 1);
    });
    // Never more than the screen, or it could not be cleared.
    const room = Math.max(1, rows - 3);
    const shown = lines.length > room ? [...lines.slice(0, room - 1), `  … and ${lines.length - room + 1} more`] : lines;
    const block = ['', paint.bold(cut(head, columns - 1)), ...shown];
    this.output.write(block.join('\n') + '\n');
    this.#drawn = block.map((line) => line.replace(escapes, '').length);
  }
}

export function configurationText({ configuration: { bootPath, mode, exec } }: Pick<Job, 'configuration'>): string {
  return `${bootPath}, ${mode}, ${exec}`;
}

function clock(ms: number): string {
  const seconds = Math.round(ms / 1000);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${seconds >= 3600 ? `${Math.floor(seconds / 3600)}:` : ''}${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

const escapes = /\x1b\[[0-9;]*m/g;

/** A line of at most so many characters, those that only colour it not counted. */
function cut(line: string, most: number): string {
  if (line.replace(escapes, '').length <= most) return line;
  let left = most - 1;
  let coloured = false;
  const kept = line.split(/(\x1b\[[0-9;]*m)/).map((part, index) => {
    if (index % 2 === 1) {
      coloured = true;
      return part;
    }
    const shown = part.slice(0, left);
    left -= shown.length;
    return shown;
  });
  return `${kept.join('')}…${coloured ? '\x1b[0m' : ''}`;
}

/** What a board or tool said must not move the cursor. */
function oneLine(text: string): string {
  return text.replace(/\x1b\[[0-9;?]*[A-Za-z]/g, '').replace(/[\x00-\x1f\x7f-\x9f]+/g, ' ').slice(0, 300);
}
