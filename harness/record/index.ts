export type {
  ApplicationNamed,
  ConsoleLine,
  RecordEvent,
  RunEnded,
  RunStarted,
  StepNoted,
  SuiteFailed,
  SuiteStarted,
  TestEnded,
  TestVerdict,
  ToolCalled,
} from './events.js';
export { recordLimits } from './limits.js';
export { readRecord, RecordReader } from './reader.js';
export type { ReadRecord, RecordProblem } from './reader.js';
export { RecordWriter } from './writer.js';
