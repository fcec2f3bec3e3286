import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { HarnessError } from '../errors/index.js';
import type { ByteCount } from '../units/index.js';
import type { ToolCall } from './tool-call.js';

/** Lines of one call that are kept: the tool prints fewer, a broken tool may print more. */
const LINES = 400;
const LINE_LENGTH = 500;
const DEFAULT_LIMIT: ByteCount = 32 * 1024 * 1024;

/** What a tool may repeat of what it was told. */
const SECRET = /\b(?:password|passphrase|pwd|secret|private key)\b\s*[:=]\s*\S.*/i;

/**
 * A durable log of tool calls: one JSON document a line, on the disk before the call's result is used. Secrets are redacted; output is bounded per
 * call and the file as a whole: when it is full, one last line says so and later calls are not kept.
 */
export class CallLog {
  private written = 0;
  private full = false;
  private fd: number | undefined;

  /** @throws HarnessError `call-log` (usage) */
  constructor(
    readonly path: string,
    private readonly limit: ByteCount = DEFAULT_LIMIT,
  ) {
    try {
      this.fd = openSync(path, 'a', 0o600);
    } catch (cause) {
      throw new HarnessError({ code: 'call-log', kind: 'usage', message: `cannot write ${path}`, nextStep: 'check the folder and the space on its disk', cause });
    }
  }

  /** Never throws: a full disk must not make a state-changing call look like it had not been made. */
  append(call: ToolCall): void {
    if (this.fd === undefined || this.full) return;
    const lines = call.output.map((line) => line.replace(SECRET, (text) => `${/^[\w ]+/.exec(text)?.[0] ?? ''}: <redacted>`).slice(0, LINE_LENGTH));
    const kept = lines.length <= LINES ? lines : [...lines.slice(0, LINES / 2), `… ${lines.length - LINES} lines …`, ...lines.slice(-LINES / 2)];
    const text = JSON.stringify({ ...call, output: kept }) + '\n';
    this.full = this.written + text.length > this.limit;
    this.write(this.full ? JSON.stringify({ startedAt: call.startedAt, note: `the log is full at ${this.limit} bytes: later calls are not kept` }) + '\n' : text);
  }

  close(): void {
    if (this.fd === undefined) return;
    closeSync(this.fd);
    this.fd = undefined;
  }

  private write(text: string): void {
    try {
      writeSync(this.fd!, text);
      fsyncSync(this.fd!);
      this.written += Buffer.byteLength(text);
    } catch {
      this.full = true;
    }
  }
}
