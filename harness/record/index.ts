export { recordSchema } from './events.js';
export type {
  ApplicationNamed,
  Attached,
  BoardNamed,
  BoardOpened,
  Booted,
  ConsoleLine,
  ConsolePrinted,
  FaultSeen,
  RecordEvent,
  RunEnded,
  RunStarted,
  StepNoted,
  SuiteEnded,
  SuiteFailed,
  SuiteStarted,
  TestEnded,
  TestStarted,
  TestVerdict,
  ToolCalled,
} from './events.js';
export { describeBuiltValidators } from './built-validators.js';
export { recordLimits } from './limits.js';
export { readRecord, RecordReader } from './reader.js';
export type { ReadRecord, RecordProblem } from './reader.js';
export { RunRecord } from './run-record.js';
export { recordLineSchema } from './schema.js';
export { RecordWriter } from './writer.js';
