export { junitXml } from './junit.js';
export { fullTitle, judge, summarize } from './run-summary.js';
export type { Counts, Judgement, RunSummary, SuiteRun } from './run-summary.js';
export { textSummary } from './text-summary.js';
export type { TextSummaryOptions } from './text-summary.js';
