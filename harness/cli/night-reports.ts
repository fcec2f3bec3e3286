import { appendFileSync, closeSync, existsSync, openSync, readFileSync, renameSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { LabFile, NightState, NightVerdict } from '../lab/index.js';
import { junitXml, MergedJunit, nightHtml, nightSummary, summarize, type NightSummary, type RunSummary, type SummaryFormat } from '../report/index.js';
import { configurationText } from './night-progress.js';
import { artefactLinkOf, deliverMarkdown } from './summary-delivery.js';

/** The page of a night, out of its log. @param verdict of what there is so far */
export function summarizeNight(state: NightState, lab: LabFile, verdict: NightVerdict, durationMs: number, junit: string): NightSummary {
  const rows = [...state.jobs.values()].map(({ job, verdict: own, reason, attempts }) => {
    const last = attempts.at(-1);
    const bench = lab.benches.find(({ name }) => name === job.bench);
    return {
      board: job.bench,
      kit: bench?.kit ?? '',
      virtual: bench?.virtual ?? false,
      configuration: configurationText(job),
      verdict: own ?? ('not-run' as const),
      reason: own === undefined ? 'the night ended before' : reason,
      passed: last?.counts.passed ?? 0,
      failed: last?.counts.failed ?? 0,
      skipped: last?.counts.skipped ?? 0,
      attempts: attempts.length,
      durationMs: attempts.reduce((sum, attempt) => sum + attempt.durationMs, 0),
      folder: last?.folder ?? null,
    };
  });
  const benches = [...new Set(rows.map(({ board }) => board))].map((board) => {
    const attempts = [...state.jobs.values()].filter(({ job }) => job.bench === board).flatMap((one) => one.attempts);
    return { board, runs: attempts.length, faults: attempts.filter(({ verdict: one }) => one === 'bench' || one === 'held').length, quarantined: state.quarantined.get(board) ?? null };
  });
  return { night: state.night, lab: lab.name, verdict, rows, benches, durationMs, junit };
}

/**
 * Writes one JUnit file of the last attempt of every run, one run in memory at a time. A run that left no record stands in it as an
 * error, so that nothing is missed.
 * @param reports folder that the runs' folders are relative to
 */
export function writeMergedJunit(path: string, reports: string, state: NightState): void {
  const merged = new MergedJunit();
  const bodyPath = `${path}.suites`;
  const body = openSync(bodyPath, 'w');
  try {
    for (const { job, verdict, reason, attempts } of state.jobs.values()) {
      const folder = attempts.at(-1)?.folder;
      const own = folder === undefined || folder === null ? undefined : junitOf(join(reports, folder));
      if (own !== undefined) writeSync(body, merged.suitesOf(own));
      const told = own !== undefined && (verdict === 'passed' || (verdict === 'failed' && own.includes('<failure')) || (verdict === 'bench' && own.includes('<error')));
      if (!told) writeSync(body, merged.suitesOf(junitXml([withoutRecord(job.id, verdict === 'failed' ? 'failed' : 'bench', `${job.bench}, ${configurationText(job)}: ${reason === '' ? 'the night ended before' : reason}`)])));
    }
  } finally {
    closeSync(body);
  }
  writeFileSync(`${path}.partial`, merged.start);
  appendFileSync(`${path}.partial`, readFileSync(bodyPath));
  appendFileSync(`${path}.partial`, merged.end);
  renameSync(`${path}.partial`, path);
  rmSync(bodyPath, { force: true });
}

/** Writes the night's page beside the merged JUnit file, with a way to the page of each run that left one. @param reports folder that the runs' folders are relative to */
export function writeNightPage(path: string, reports: string, night: NightSummary): void {
  const text = nightHtml(night, (folder) => (existsSync(join(reports, folder, 'report.html')) ? `${folder.replaceAll('\\', '/').replace(/\/$/, '')}/report.html` : undefined));
  writeFileSync(`${path}.partial`, text);
  renameSync(`${path}.partial`, path);
}

/** The file that `run` leaves beside its record. */
function junitOf(folder: string): string | undefined {
  const path = join(folder, 'board.junit');
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

function withoutRecord(job: string, kind: 'failed' | 'bench', message: string): RunSummary {
  const time = new Date().toISOString();
  return summarize([{ event: 'suite-failed', time, repetition: 1, suite: `nightly/${job}`, kind, message }]);
}

/** The summary of a night where it is looked for: on the terminal, or where its CI wants it. */
export function deliverSummary(night: NightSummary, format: SummaryFormat, folder: string, print: (text: string) => void, colour: boolean): void {
  if (format === 'text') {
    writeFileSync(join(folder, 'summary.txt'), nightSummary(night, format));
    return print(nightSummary(night, format, { colour }).trimEnd());
  }
  // Rows name their folders by the reports they stand in.
  deliverMarkdown(nightSummary(night, format, { link: (row) => artefactLinkOf(format, join(folder, '..', row)) }), format, folder, print);
}
