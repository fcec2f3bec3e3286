import type { ConsoleLine, FaultSeen } from '../record/index.js';

/** `[   1.234] text`: seconds since the start of the run. */
export function consoleText(line: ConsoleLine): string {
  return `[${(line.at / 1000).toFixed(3).padStart(8)}] ${line.text}`;
}

/** A fault as lines of text: its sentence, then its explanation where that says more. */
export function faultLines({ summary, report, expected }: FaultSeen): readonly string[] {
  const rest = report[0] === summary ? report.slice(1) : report;
  return [expected === true ? `provoked by the suite: ${summary}` : summary, ...rest];
}

/** `12 ms`, `1.23 s`, `4 min 05 s`. */
export function durationText(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 10_000) return `${(ms / 1000).toFixed(2)} s`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`;
  return `${Math.floor(seconds / 3600)} h ${String(Math.floor(seconds / 60) % 60).padStart(2, '0')} min`;
}

/** `1.5 KB`: powers of 1024. */
export function sizeText(bytes: number): string {
  if (bytes < 1024) return `${bytes} bytes`;
  return bytes < 1024 * 1024 ? `${(bytes / 1024).toFixed(1)} KB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}
