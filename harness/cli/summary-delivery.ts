import { appendFileSync, writeFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import process from 'node:process';
import { artefactLink, type SummaryFormat } from '../report/index.js';
import { displayPath } from './display-path.js';

/** Where a CI shows a folder that it keeps, by its place in the checkout; undefined outside of a CI, and for folders that are elsewhere. @param folder absolute */
export function artefactLinkOf(format: SummaryFormat, folder: string): string | undefined {
  const shown = displayPath(folder).replaceAll('\\', '/');
  return isAbsolute(shown) || shown.startsWith('..') ? undefined : artefactLink(format, process.env)?.(shown);
}

/**
 * A summary in Markdown where its CI looks for it: GitHub's step summary is a file that is added to; otherwise it is printed. It stays in the folder as well.
 * @param folder absolute folder of the run or night
 */
export function deliverMarkdown(text: string, format: Exclude<SummaryFormat, 'text'>, folder: string, print: (text: string) => void): void {
  writeFileSync(join(folder, 'summary.md'), text);
  const stepSummary = process.env['GITHUB_STEP_SUMMARY'];
  if (format === 'github' && stepSummary) appendFileSync(stepSummary, text);
  else print(text.trimEnd());
}
