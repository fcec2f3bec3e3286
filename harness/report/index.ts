export type { Activity } from './activity.js';
export { junitXml } from './junit.js';
export { fullTitle, judge, summarize, verdictOf } from './run-summary.js';
export type { Counts, Judgement, RunSummary, SuiteRun, TestRun } from './run-summary.js';
export { textSummary } from './text-summary.js';
export type { TextSummaryOptions } from './text-summary.js';
