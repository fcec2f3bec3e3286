export { orderJobs, planJobs, provisioningCost } from './jobs.js';
export type { Job, JobConfiguration } from './jobs.js';
export { judgeNight, stateOf } from './night-events.js';
export type { AttemptResult, JobCounts, JobState, JobVerdict, NightEvent, NightState, NightVerdict } from './night-events.js';
export { NightLog, nightLogName, readNight, unfinishedNight } from './night-log.js';
export { runNight } from './run-night.js';
export type { RunNightOptions } from './run-night.js';
