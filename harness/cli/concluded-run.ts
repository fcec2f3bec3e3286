import { join } from 'node:path';
import { readRecord } from '../record/index.js';
import { judge, junitXml, runHtml, summarize, type RunSummary } from '../report/index.js';
import { sharedClock } from '../units/shared-clock.js';
import type { BegunRun } from './begun-run.js';
import type { BoardCondition } from './resolve-board.js';
import { writeWhole } from './write-whole.js';

export interface ConcludedRun {
  readonly summary: RunSummary;
  readonly folder: string;
  readonly junit: string;
  /** Absolute path of the page of this run. */
  readonly html: string;
}

/** Ends the record and draws the reports from it. @param interrupted why the run was ended early */
export function concludeRun(run: BegunRun, { condition, interrupted }: { readonly condition: BoardCondition | undefined; readonly interrupted?: string | undefined }): ConcludedRun {
  const { record, recordPath, folder, junit } = run;
  const recorded = (): RunSummary => {
    const { events, problems } = readRecord(recordPath);
    return summarize(events, problems);
  };
  const judgement = judge(recorded());
  const why = judgement.verdict === 'passed' || !condition?.reason ? '' : `; the board is ${condition.state}: ${condition.reason}`;
  const ended = interrupted === undefined ? { verdict: judgement.verdict, reason: judgement.reason + why } : ({ verdict: 'bench', reason: interrupted } as const);
  record.append({ ...ended, event: 'run-ended', time: new Date().toISOString(), durationMs: Math.round(sharedClock() - run.startedAt) });
  record.close();
  const summary = recorded();
  const xml = junitXml([summary]);
  writeWhole(junit, xml);
  // This board's own file. Not *.xml: a test stands in one file only of those that a dashboard collects.
  writeWhole(join(folder, 'board.junit'), xml);
  const html = join(folder, 'report.html');
  writeWhole(html, runHtml(summary));
  return { summary, folder, junit, html };
}
