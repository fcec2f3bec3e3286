export { factsOf, idleProbes } from './facts.js';
export type { Fact } from './facts.js';
export { collectMarks, marksOf } from './marks.js';
export type { Mark } from './marks.js';
