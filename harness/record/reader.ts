import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { validatorOf } from './built-validators.js';
import type { RecordEvent } from './events.js';
import { recordLimits } from './limits.js';

/** A line that is no event, or a file that could not be read to its end. */
export interface RecordProblem {
  /** 1-based; 0 = the file itself. */
  readonly line: number;
  readonly message: string;
}

export interface ReadRecord {
  readonly events: readonly RecordEvent[];
  readonly problems: readonly RecordProblem[];
}

const chunkBytes = 1024 * 1024;
const maxProblems = 100;

/** Reads the lines of a record as they come: a run that is still writing may be followed. */
export class RecordReader {
  readonly #path: string;
  #offset = 0;
  #rest = Buffer.alloc(0);
  #line = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /** The complete lines since the last call. A line that is not an event becomes a problem, never an exception. */
  next(): ReadRecord {
    const events: RecordEvent[] = [];
    const problems: RecordProblem[] = [];
    try {
      for (const line of this.#lines()) {
        this.#line++;
        const read = parseEvent(line);
        if (typeof read !== 'string') events.push(read);
        else if (problems.length < maxProblems) problems.push({ line: this.#line, message: read });
      }
    } catch (error) {
      problems.push({ line: this.#line, message: error instanceof Error ? error.message : String(error) });
    }
    return { events, problems };
  }

  /** Whether bytes without a line end are left: the writer died inside a line, or is still at it. */
  get incomplete(): boolean {
    return this.#rest.length > 0;
  }

  get line(): number {
    return this.#line;
  }

  *#lines(): Generator<Buffer> {
    const descriptor = openSync(this.#path, 'r');
    try {
      if (fstatSync(descriptor).size > recordLimits.fileBytes) throw new Error(`the file is larger than ${recordLimits.fileBytes} bytes`);
      const chunk = Buffer.allocUnsafe(chunkBytes);
      for (;;) {
        const count = readSync(descriptor, chunk, 0, chunkBytes, this.#offset);
        if (count === 0) return;
        this.#offset += count;
        let bytes = Buffer.concat([this.#rest, chunk.subarray(0, count)]);
        for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10)) {
          const line = bytes.subarray(0, end);
          bytes = bytes.subarray(end + 1);
          this.#rest = Buffer.alloc(0);
          yield line;
        }
        if (bytes.length > recordLimits.lineBytes) throw new Error(`line ${this.#line + 1} is longer than ${recordLimits.lineBytes} bytes`);
        this.#rest = Buffer.from(bytes);
      }
    } finally {
      closeSync(descriptor);
    }
  }
}

/** Reads a whole record. Never throws: what cannot be read is a problem. */
export function readRecord(path: string): ReadRecord {
  const reader = new RecordReader(path);
  const { events, problems } = reader.next();
  const cut = reader.incomplete ? [{ line: reader.line + 1, message: 'the line has no end: the writer was interrupted' }] : [];
  return { events, problems: [...problems, ...cut] };
}

/** The event, or what is wrong with the line. */
function parseEvent(line: Buffer): RecordEvent | string {
  if (line.length > recordLimits.lineBytes) return `longer than ${recordLimits.lineBytes} bytes`;
  let value: unknown;
  try {
    value = JSON.parse(line.toString('utf8'));
  } catch {
    return 'not JSON';
  }
  const name = typeof value === 'object' && value !== null ? (value as { event?: unknown }).event : undefined;
  if (typeof name !== 'string') return 'not an event: a JSON object with "event" is expected';
  const validate = validatorOf(name);
  if (!validate) return `unknown event ${JSON.stringify(name.slice(0, 40))}`;
  if (validate(value)) return value as RecordEvent;
  const first = validate.errors?.[0];
  return `event ${name}: ${first?.instancePath ?? ''} ${first?.message ?? 'is not valid'}`;
}
