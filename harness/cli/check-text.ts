import process from 'node:process';
import Table from 'cli-table3';
import pc from 'picocolors';
import type { Severity } from '../app-check/index.js';
import type { CheckedSubject } from './check-arguments.js';
import { print } from './io.js';

const colours: Readonly<Record<Severity, (text: string) => string>> = { error: pc.red, warning: pc.yellow, info: pc.dim };

/** A subject with its findings, as a table; with `verbose` each one explained. */
export function printSubject({ name, configuration, report, notes }: CheckedSubject, verbose: boolean): void {
  const colour = process.stdout.isTTY === true && !process.env['NO_COLOR'];
  const { kit, bootPath, mode, exec } = configuration;
  print(`${name}: ${kit}, ${bootPath}, ${mode}, ${exec}`);
  for (const note of notes) print(`  note: ${note}`);
  const { findings } = report;
  if (findings.length > 0) {
    const width = Math.max(100, process.stdout.columns ?? 120);
    const table = new Table({
      head: ['severity', 'rule', 'address', 'expected', 'found'],
      style: { head: [], border: [], compact: true },
      wordWrap: true,
      colWidths: [10, 27, 12, Math.floor((width - 56) * 0.42), Math.floor((width - 56) * 0.58)],
    });
    for (const { severity, rule, address, expected, found, place } of findings) {
      table.push([colour ? colours[severity](severity) : severity, rule, address ?? '', expected, place === null ? found : `${found} (${place.file.split(/[\\/]/).at(-1)!}:${place.line})`]);
    }
    print(table.toString());
  }
  if (verbose) {
    for (const { rule, why, fix, source } of new Map(findings.map((finding) => [finding.rule, finding])).values()) {
      print(`${rule}\n  why     ${why}\n  fix     ${fix}\n  source  ${source}`);
    }
  }
  const count = (severity: Severity): number => findings.filter((finding) => finding.severity === severity).length;
  const plural = (n: number, word: string): string => `${n} ${word}${n === 1 ? '' : 's'}`;
  print(`${report.verdict === 'ok' ? 'ok' : 'failed'}: ${plural(count('error'), 'error')}, ${plural(count('warning'), 'warning')}, ${count('info')} info${findings.length > 0 && !verbose ? ' (--verbose explains them)' : ''}`);
}
