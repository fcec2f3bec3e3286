export { explainFault } from './explain.js';
export type { FaultExplanation, FaultFacts, FaultSurroundings, InstructionLine } from './explain.js';
export type { MemoryReader } from './backtrace.js';
export { memoryRule } from './memory-rule.js';
export type { MemoryRule, NamedRange, Protection, ProtectionRegion } from './memory-rule.js';
export { decodeCfsr, decodeHfsr } from './status-bits.js';
export { faultText } from './text.js';
