export { configurationOfLayout, parseSweepLayout } from './layout.js';
export type { SweepLayout } from './layout.js';
export { scenarioSweeps, scenarios } from './scenarios.js';
export type { NamedScenario, NamedSweep, SweepPlace } from './scenarios.js';
export { sweep } from './sweep.js';
export type { CutOutcome, SweepOptions, SweepResult } from './sweep.js';
